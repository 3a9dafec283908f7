/** `millrace buffer unsent`: what whoever removes or moves a gateway asks first. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Consumer } from '../../../src/domain/outbox.ts'
import { CENTRAL, FEED, openTestOutbox, testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { entry } from '../../support/entries.ts'

const LABELS: Consumer = { name: 'labels', must: 'deliver' }
const GATEWAY = `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
routes: routes
data: data
central: {url: 'postgres://millrace@127.0.0.1:1/mes', tls: off}
`

let folder: string

beforeEach(() => {
  folder = testFolder()
  for (const name of ['devices', 'routes', 'data']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'gateway.yaml'), GATEWAY)
  for (const { name, must } of [LABELS, FEED])
    writeFileSync(
      join(folder, `routes/${name}.yaml`),
      `route: ${name}\nmust: ${must}\nmqtt: {url: mqtt://127.0.0.1:9}\n`,
    )
})

function unsent(...more: readonly string[]) {
  return callMillrace(['buffer', 'unsent', '--config', 'gateway.yaml', ...more], { cwd: folder })
}

function openLog() {
  return openTestOutbox({ file: join(folder, 'data/outbox.db'), consumers: [CENTRAL, LABELS, FEED] })
}

test('says that nothing is unsent before the first start, and makes no log', async () => {
  expect(await unsent()).toEqual({ code: 0, out: 'nothing is unsent\n', err: '' })
  expect((await unsent('--json')).out).toBe('{"unsent":{}}\n')
})

test('counts for each route that must have them, also beside a gateway that runs, and not for a live feed', async () => {
  await using log = await openLog()
  for (const number of [1, 2, 3]) await log.append(entry(number))
  await log.acknowledge(CENTRAL.name, 2)
  expect(await unsent()).toMatchObject({
    code: 1,
    out: 'central: 1 event is unsent\nlabels: 3 events are unsent\n',
  })
  expect(JSON.parse((await unsent('--json')).out)).toEqual({ unsent: { central: 1, labels: 3 } })
  for (const { name } of [CENTRAL, LABELS]) await log.acknowledge(name, 3)
  expect(await unsent()).toMatchObject({ code: 0, out: 'nothing is unsent\n' })
})

test('answers with another code than "something is unsent" where gateway.yaml has faults', async () => {
  writeFileSync(join(folder, 'gateway.yaml'), 'gateway:\n')
  expect((await unsent()).code).toBe(2)
})
