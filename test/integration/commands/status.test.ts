/** `millrace status` against a console that answers, and one that accepts and says nothing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { statusCommand } from '../../../src/commands/status.ts'
import type { StatusReport } from '../../../src/console/report.ts'

const REPORT: StatusReport = {
  gateway: 'edge-1',
  version: '0.1.0',
  uptime_s: 5,
  healthy: false,
  degraded: [
    { code: 'buffer-blocked', what: 'the disk is full', hint: 'make room in /data', since: null },
    { code: 'map-faults', what: 'devices/a.yaml:1:1: the file is empty', since: null },
  ],
  central: {
    state: 'connected',
    since: '2026-01-31T09:00:00.000Z',
    last_seq: 0,
    lag_s: 0,
    clock_offset_ms: 1,
  },
  routes: [],
  outbox: { pending: 0, oldest_s: null, bytes: 4_096, max_bytes: 8_000_000_000 },
  quarantine: { count: 0 },
  machines: [],
  devices: [],
  scanners: [],
}

let cwd: string
let server: Server | undefined

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-status-'))
  for (const folder of ['config', 'data', 'devices']) mkdirSync(join(cwd, folder))
  const central = 'central: {url: "postgres://millrace@127.0.0.1/mes", tls: off}'
  const gateway = `gateway: edge-1\norganization: SAV\nplant: SAV-1\ntimezone: Europe/Rome\n${central}\n`
  writeFileSync(join(cwd, 'config', 'gateway.yaml'), gateway)
})

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(cwd, { recursive: true })
})

/** A console on the loopback, announced as the daemon announces its own. */
async function announceConsole(answer: string | undefined): Promise<void> {
  const listening = createServer((_, response) => {
    if (answer !== undefined) response.end(answer)
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  writeFileSync(join(cwd, 'data', 'running.json'), JSON.stringify({ host: '127.0.0.1', port }))
}

async function status() {
  const said = { out: '', err: '' }
  const code = await statusCommand.run({
    args: [],
    env: {},
    cwd,
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    signal: new AbortController().signal,
    onReload: () => () => {},
    unfinished: new Set<string>(),
    isTerminal: false,
    isErrTerminal: false,
    node: '',
    program: '',
    mayStopWithin: () => {},
  })
  return { code, ...said }
}

test('each trouble is shown with what to do about it', async () => {
  await announceConsole(JSON.stringify(REPORT))
  const { code, out } = await status()
  expect(code).toBe(1)
  expect(out.split('\n').filter((line) => line.startsWith('wrong'))).toEqual([
    'wrong     buffer-blocked: the disk is full; make room in /data',
    'wrong     map-faults: devices/a.yaml:1:1: the file is empty',
  ])
})

test('a gateway that runs and does not answer is not called absent', async () => {
  await announceConsole(undefined)
  const { code, err } = await status()
  expect(code).toBe(3)
  expect(err).toContain(join(cwd, 'data'))
  expect(err).toContain('does not answer within 5 s')
  expect(err).not.toContain('millrace run')
}, 15_000)

test('one that ended without a goodbye is not running', async () => {
  await announceConsole(undefined)
  server?.close()
  expect((await status()).err).toContain('start it with: millrace run')
})
