/** The commands of a technician, run by a user who may read neither the secrets nor the data folder of the gateway. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SOUND_GATEWAY } from '../support/broken-config.ts'
import { PROGRAM } from '../support/run-millrace.ts'

const NOBODY = 65_534
/** Who runs the commands: tests that run as root can choose. */
const OTHER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
/** A checkout in root's own folder cannot be run by anybody else. */
const canRun =
  spawnSync(PROGRAM.node, ['-e', `fs.accessSync(${JSON.stringify(PROGRAM.main)})`], OTHER).status === 0

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-other-user-'))
  chmodSync(cwd, 0o755)
  for (const folder of ['config', 'devices', 'secrets', 'data']) mkdirSync(join(cwd, folder))
  writeFileSync(join(cwd, 'secrets', 'central-password'), 'swordfish\n')
})
afterEach(() => {
  for (const folder of ['secrets', 'data']) chmodSync(join(cwd, folder), 0o700)
  rmSync(cwd, { recursive: true })
})

function configure(consolePort: number): void {
  const text = `${SOUND_GATEWAY}  password_file: ../secrets/central-password\nconsole: {port: ${consolePort}}\n`
  writeFileSync(join(cwd, 'config', 'gateway.yaml'), text)
}

/** Closed to everybody, so that the owner is shut out as well; only root is not, and becomes another user. */
async function asOtherUser(...args: readonly string[]) {
  for (const folder of ['secrets', 'data']) chmodSync(join(cwd, folder), 0)
  const child = spawn(PROGRAM.node, [...PROGRAM.nodeOptions, PROGRAM.main, ...args], { cwd, ...OTHER })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number, out, err }
}

test.runIf(canRun)(
  'check judges the configuration, and hints at the secret that it could not read',
  async () => {
    configure(8484)
    expect(await asOtherUser('check')).toEqual({
      code: 0,
      out: 'valid: 0 machines\n',
      err:
        'hint: config/gateway.yaml:7:18: ../secrets/central-password cannot be read: permission denied; ' +
        'run this as the user that the gateway runs as, or set MILLRACE_CENTRAL_PASSWORD\n',
    })
  },
)

test.runIf(canRun)('status finds the gateway where it is configured to listen', async () => {
  const report = { gateway: 'edge-test-01', healthy: true }
  const server = createServer((_, response) => response.end(JSON.stringify(report)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  configure((server.address() as AddressInfo).port)
  const found = await asOtherUser('status', '--json')
  server.close()
  expect(found).toEqual({ code: 0, out: `${JSON.stringify(report)}\n`, err: '' })
})

test.runIf(canRun)('status says that it may not look, and not that no gateway runs', async () => {
  configure(1)
  const { code, err } = await asOtherUser('status')
  expect(code).toBe(3)
  expect(err).toContain('this user may not look into')
  expect(err).not.toContain('no gateway is running')
})

test.runIf(canRun)('what needs central says whose user may ask it', async () => {
  configure(8484)
  const { code, err } = await asOtherUser('central', 'check')
  expect(code).toBe(2)
  expect(err).toContain('permission denied; run this as the user that the gateway runs as')
})
