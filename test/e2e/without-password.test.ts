/** The file with central's password is not there. Only what asks central something needs it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { settle } from '../../src/demo/settle.ts'
import { SOUND_GATEWAY } from '../support/broken-config.ts'
import { message, PosingServer } from '../support/posing-server.ts'
import { PROGRAM, runMillrace } from '../support/run-millrace.ts'

let cwd: string
let central: PosingServer

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  for (const folder of ['config', 'devices', 'data']) mkdirSync(join(cwd, folder))
  central = await PosingServer.start(message('R', 10, 'SCRAM-SHA-256', ''))
  const url = `postgres://gateway@127.0.0.1:${central.port}/mes`
  const sound = SOUND_GATEWAY.replace('postgres://gateway@db.plant.example/mes', url)
  const text = `${sound}  password_file: ../secrets/gone\n  tls: off\nconsole: {port: 0}\n`
  writeFileSync(join(cwd, 'config', 'gateway.yaml'), text)
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  rmSync(cwd, { recursive: true })
})

test('the gateway observes its machines, and says what keeps it from central', async () => {
  const child = spawn(PROGRAM.node, [...PROGRAM.nodeOptions, PROGRAM.main, 'run'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close')
  const isSaid = () => said.includes('"running"') && said.includes('"central-password"')
  expect(await settle(isSaid, { withinMs: 60_000 }), said).toBe(true)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(said).toContain('the password of central cannot be read from')
})

test.for([
  [0, 'check'],
  [3, 'status'],
  [0, 'schema'],
  [0, 'completion', 'bash'],
  [0, 'central', 'sql', '--organization', 'SAV'],
  [0, 'buffer', 'export'],
] as const)('exit code %i, as with a password: %s', async ([code, ...args]) => {
  const done = await runMillrace(args, { cwd })
  expect(done, done.err).toMatchObject({ code })
})

test.for([
  ['central', 'check'],
  ['buffer', 'quarantine', 'list'],
  ['buffer', 'audit'],
] as const)('says that the password is missing: %s', async (args) => {
  const done = await runMillrace(args, { cwd })
  expect(done.code).not.toBe(0)
  expect(done.err).toContain('secrets/gone')
  expect(done.err).not.toMatch(/^ +at /m)
})
