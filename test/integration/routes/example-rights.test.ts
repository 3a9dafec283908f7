/** The routes that come with the program, as a DBA lets them in: their tables, what `central sql --route` prints, and the proof. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { gatewayYaml } from '../../support/central-check.ts'

const EXAMPLES = new URL('../../../config/examples/routes/', import.meta.url)
const NAMES = ['wip', 'scheduling', 'device-cloud']

let central: TestCentral
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
  for (const name of ['routes', 'devices']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
  for (const name of NAMES) {
    await central.sql(await readFile(new URL(`${name}.sql`, EXAMPLES), 'utf8'))
    await writeFile(join(folder, 'routes', `${name}.yaml`), await readFile(new URL(`${name}.yaml`, EXAMPLES)))
  }
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function millrace(...args: readonly string[]) {
  const env = { MILLRACE_CENTRAL_PASSWORD: central.password }
  return callMillrace([...args, '--config', 'gateway.yaml'], { cwd: folder, env })
}

test('are proven once a DBA has run what is printed for each of them', async () => {
  const before = await millrace('central', 'check')
  expect(before.out.match(/^NOT route/gm)?.length).toBeGreaterThanOrEqual(NAMES.length)
  for (const name of NAMES) {
    const { out, code } = await millrace('central', 'sql', '--route', `routes/${name}.yaml`)
    expect(code).toBe(0)
    await central.sql(out)
  }
  const { out, code } = await millrace('central', 'check')
  expect(out).not.toContain('NOT')
  expect(out.match(/^ok {2}route /gm)).toHaveLength(NAMES.length)
  expect(code).toBe(0)
})
