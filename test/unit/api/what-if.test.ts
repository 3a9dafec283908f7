/** What is asked of a recording that is not there, or cannot be read. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { whatIfEndpoints } from '../../../src/api/what-if/endpoints.ts'
import { testFolder } from '../../support/buffer.ts'

const MAP = `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1}
signals: {state: {at: "40101", type: u16, names: {2: running}}}
status: [{when: {state: running}, is: running}, {else: true, is: idle}]
`

function ask(dataFolder: string) {
  const folder = join(dataFolder, 'devices')
  mkdirSync(folder)
  const [, tryMap] = whatIfEndpoints({
    ...{ folder, dataFolder, cwd: dataFolder, retentionMs: undefined },
    mapsInForce: () => [],
  })
  const body = {
    file: 'press.yaml',
    text: MAP,
    from: '2026-01-31T06:00:00.000Z',
    to: '2026-01-31T14:00:00.000Z',
  }
  const caller = { name: 'local', role: 'administer' }
  return tryMap?.handle({ body, caller, query: {}, params: {}, signal: AbortSignal.timeout(60_000) } as never)
}

it('where nothing is recorded, whoever tries a map is told why', async () => {
  await expect(ask(testFolder())).rejects.toMatchObject({
    status: 503,
    code: 'recording-missing',
    message: expect.stringContaining('nothing has been recorded here'),
    hint: expect.stringContaining('recording'),
  })
})

it('of a damaged recording too', async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'recording.db'), 'this is no recording '.repeat(1_000))
  await expect(ask(folder)).rejects.toMatchObject({
    status: 503,
    code: 'recording-damaged',
    message: expect.stringContaining('it is damaged'),
  })
})
