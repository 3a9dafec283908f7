/** `millrace status` against a console that answers, and one that accepts and says nothing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile, readFile, rename } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
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
  quarantine: { count: 0, refused: [] },
  machines: [],
  devices: [],
  signals: [],
  signals_more: 0,
  configuration: {
    kind: 'files',
    from: 'devices',
    release: null,
    signer: null,
    since: null,
    checked_at: null,
  },
  passed_over: [],
  scanners: [],
  masterdata: null,
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

async function configureConsole(port: number): Promise<void> {
  await appendFile(join(cwd, 'config', 'gateway.yaml'), `console: {port: ${port}}\n`)
}

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

interface StatusCall {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Columns of the terminal; none where it is none. */
  readonly columns?: number
  readonly signal?: AbortSignal
}

async function status({
  args = [],
  env = {},
  columns,
  signal = new AbortController().signal,
}: StatusCall = {}) {
  const said = { out: '', err: '' }
  const code = await statusCommand.run({
    args,
    env,
    cwd,
    columns,
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    signal,
    onReload: () => () => {},
    unfinished: new Set<string>(),
    isTerminal: columns !== undefined,
    isErrTerminal: false,
    node: '',
    nodeOptions: [],
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
  using _running = lockInstance(join(cwd, 'data'))
  const { code, err } = await status()
  expect(code).toBe(4)
  expect(err).toContain(`runs (process ${process.pid})`)
  expect(err).toContain(join(cwd, 'data'))
  expect(err).toContain('does not answer within 5 s')
  expect(err).not.toContain('millrace run')
}, 120_000)

test('a gateway that runs and is still starting is not called absent', async () => {
  using _running = lockInstance(join(cwd, 'data'))
  const { code, err } = await status()
  expect(code).toBe(1)
  expect(err).toContain(
    `runs (process ${process.pid}), but its console cannot be reached: it may still be starting`,
  )
})

test('one whose file cannot be written is found at its configured port', async () => {
  await announceConsole(JSON.stringify(REPORT))
  await rename(join(cwd, 'data', 'running.json'), join(cwd, 'port.json'))
  await configureConsole(JSON.parse(await readFile(join(cwd, 'port.json'), 'utf8')).port)
  expect((await status()).out).toContain('edge-1 DEGRADED')
})

test('another program on the configured port is not taken for the gateway', async () => {
  await announceConsole(JSON.stringify({ ...REPORT, gateway: 'edge-2' }))
  await rename(join(cwd, 'data', 'running.json'), join(cwd, 'port.json'))
  const { port } = JSON.parse(await readFile(join(cwd, 'port.json'), 'utf8'))
  await configureConsole(port)
  expect((await status()).code).toBe(3)
  using _running = lockInstance(join(cwd, 'data'))
  const { code, err } = await status()
  expect(code).toBe(1)
  expect(err).toContain(`another program answers on 127.0.0.1:${port}`)
})

test('one that ended without a goodbye is not running', async () => {
  await announceConsole(undefined)
  server?.close()
  expect((await status()).err).toContain('start it with: millrace run')
})

const SICK: StatusReport = {
  ...REPORT,
  degraded: [
    {
      code: 'signal-bad',
      what: 'PRESS-01 state: exception 2 at 40201 = wire 200, function 3: no such address: off by one, or the wrong area?',
      hint: 'correct its address in devices/press-01.yaml',
      since: new Date(Date.now() - 200_000).toISOString(),
      device: 'PRESS-01',
      machine: 'PRESS-01',
      signal: 'state',
    },
  ],
  outbox: { ...REPORT.outbox, pending: 1, oldest_s: 3 },
  signals: ['state', 'speed'].map((signal) => ({
    machine: 'PRESS-01',
    signal,
    device: 'PRESS-01',
    quality: 'bad',
    detail: 'exception 2',
    since: new Date(Date.now() - 200_000).toISOString(),
    needed: signal === 'state',
  })),
  machines: [
    {
      machine: 'PRESS-01',
      status: 'available',
      since: new Date(Date.now() - 5 * 86_400_000).toISOString(),
      reason: 'NO_DATA',
      work_order: null,
      operator: null,
      declared: null,
      shift: null,
      data_age_s: 200,
      map: {
        file: 'devices/press-01.yaml',
        loaded_at: '2026-01-31T09:00:00.000Z',
        faults: [{ file: 'devices/press-01.yaml', line: 1, column: 1, path: '', message: 'x' }],
        changed: null,
      },
    },
  ],
}

test('moments are in the plant’s own time with its zone, and say how long ago they are', async () => {
  await announceConsole(JSON.stringify(SICK))
  const { out } = await status()
  expect(out).toMatch(
    /wrong {5}signal-bad: .*wrong area\? since (\d+ \w+ )?\d\d:\d\d:\d\d CES?T \(3 min\); correct its address in .*\n/,
  )
  expect(out).toMatch(/available since \d+ \w+ \d\d:\d\d:\d\d CES?T \(5 d\), NO_DATA/)
  expect(out).toContain('1 event pending, the oldest 3 s old')
  expect(out).toContain('devices/press-01.yaml has 1 fault, and the last good map stays in force')
})

const BACKLOG: StatusReport = {
  ...REPORT,
  outbox: { ...REPORT.outbox, pending: 19_600_000, oldest_s: 90 * 86_400 },
  routes: [
    {
      ...{ route: 'central', must: 'deliver', state: 'connected', since: '2026-01-31T09:00:00.000Z' },
      ...{ pending: 19_600_000, missed: 0, quarantined: 0 },
      forecast: { outlook: 'drains', minutes: 12, in_per_min: 1_200, out_per_min: 1_638_000 },
    },
  ],
}

test('of a backlog it says how fast it goes out and when it is gone, and of what does not go out nothing', async () => {
  await announceConsole(JSON.stringify(BACKLOG))
  expect((await status()).out).toContain(
    '19600000 events pending, the oldest 90 d old, 1638000 a minute go out: gone in about 12 min at this pace',
  )
  const [route] = BACKLOG.routes
  const forecast = { outlook: 'grows', minutes: null, in_per_min: 1_200, out_per_min: 0 }
  server?.close()
  await announceConsole(JSON.stringify({ ...BACKLOG, routes: [{ ...route, forecast }] }))
  expect((await status()).out).toContain('19600000 events pending, the oldest 90 d old\n')
})

test('one cause is told once in full, and what follows from it refers to it', async () => {
  const of = { since: '2026-01-31T09:00:00.000Z', device: 'PRESS-01', machine: 'PRESS-01' }
  const cause = 'state is bad: exception 2 at 40201'
  const degraded = [
    { ...of, code: 'machine-undecided', what: `PRESS-01 cannot be decided: ${cause}` },
    { ...of, code: 'signal-bad', what: `PRESS-01 ${cause}`, signal: 'state' },
    {
      ...of,
      code: 'device-no-values',
      what: `PRESS-01: connected, but none of its 2 signals is good: ${cause.replace(' is bad', '')}`,
    },
    {
      ...of,
      code: 'machine-undecided',
      what: 'PRESS-02 cannot be decided: state is bad: lost',
      device: 'PRESS-02',
    },
  ]
  const device = { device: 'PRESS-01', state: 'connected', since: of.since, error: degraded[2]?.what }
  await announceConsole(JSON.stringify({ ...REPORT, degraded, devices: [device] }))
  const { out } = await status()
  const lines = out.split('\n').filter((line) => /^(wrong|device)/.test(line))
  expect(lines).toEqual([
    expect.stringMatching(
      /^device {4}PRESS-01 connected since .*: PRESS-01: connected, but none of its 2 signals is good$/,
    ),
    expect.stringMatching(/^wrong {5}signal-bad: PRESS-01 state is bad: exception 2 at 40201; since/),
    'wrong     device-no-values: PRESS-01: connected, but none of its 2 signals is good; see state above',
    'wrong     machine-undecided: PRESS-01 cannot be decided; see state above',
    expect.stringMatching(
      /^wrong {5}machine-undecided: PRESS-02 cannot be decided: state is bad: lost; since/,
    ),
  ])
})

const DAY = '2026-01-31T09:0'
const SCANNER = {
  scanner: 'ST-12',
  state: 'connected',
  since: `${DAY}0:00.000Z`,
  where: '/dev/ttyACM0',
  last_scan: `${DAY}4:00.000Z`,
  last_answer: { verdict: 'good', why: null, at: `${DAY}4:00.004Z` },
  good: 7,
  bad: 3,
  late: 0,
  unsent: 0,
  discarded_bytes: 12,
  last_discarded: { why: 'came without the suffix that ends a scan', at: `${DAY}1:00.000Z` },
  operator: 17,
  held: 0,
  work_orders: [],
  refused: [
    { why: 'the badge is not valid here', count: 1, last: `${DAY}1:00.000Z` },
    { why: 'nobody has badged in', count: 2, last: `${DAY}3:00.000Z` },
  ],
  noticed: [{ what: 'no rule of its map takes the code', count: 1, last: `${DAY}2:00.000Z` }],
}

test('a scanner says how often what was not stored and what was remarkable, the latest first', async () => {
  const masterdata = { users_read: `${DAY}3:30.000Z` }
  await announceConsole(JSON.stringify({ ...REPORT, scanners: [SCANNER], masterdata }))
  const { out } = await status()
  const lines = out.split('\n').filter((line) => /^(scanner|refused|noticed|badges)/.test(line))
  // Moments of another day begin with it.
  expect(
    lines.map((line) => line.replaceAll(/\d+ \w+ (?=\d\d:)/g, '').replace(/ \(\d+ d[^)]*\)$/, '')),
  ).toEqual([
    expect.stringContaining(
      '7 good, 3 refused, 12 bytes without a scan (the last ones: came without the suffix that ends a scan)',
    ),
    'refused   ST-12 2 times: nobody has badged in (last 10:03:00 CET); once: the badge is not valid here (last 10:01:00 CET)',
    'noticed   ST-12 once: no rule of its map takes the code (last 10:02:00 CET)',
    'badges    as central had them at 10:03:30 CET',
  ])
})

test('a scan that has no answer yet is not shown with that of the scan before', async () => {
  const answer = { verdict: 'good', why: null, at: '2026-01-31T09:04:00.004Z' }
  const scanner = { ...SCANNER, last_scan: '2026-01-31T09:04:02.000Z', last_answer: answer }
  await announceConsole(JSON.stringify({ ...REPORT, scanners: [scanner] }))
  expect((await status()).out).toMatch(/last scan .*10:04:02 CET \([^)]*\): not answered yet; user 17/)
})

test('a signal that nothing depends on is shown too, and one that is named as wrong not twice', async () => {
  await announceConsole(JSON.stringify(SICK))
  const { out } = await status()
  const signals = out.split('\n').filter((line) => line.startsWith('signal'))
  expect(signals).toEqual([
    expect.stringMatching(/^signal {4}speed of PRESS-01 bad since .*\(3 min\).*: exception 2$/),
  ])
})

test('ten thousand signals that are not good make a page, and say how many more there are', async () => {
  const signals = Array.from({ length: 1_000 }, (_, index) => ({
    machine: 'PRESS-01',
    signal: `s${index}`,
    device: 'PRESS-01',
    quality: 'bad',
    detail: 'exception 2',
    since: '2026-01-31T09:00:00.000Z',
    needed: false,
  }))
  const degraded = signals.map(({ signal }) => ({ code: 'signal-bad', what: signal, since: null }))
  await announceConsole(JSON.stringify({ ...REPORT, degraded, signals, signals_more: 9_000 }))
  const { out } = await status()
  expect(out.split('\n').length).toBeLessThan(40)
  expect(out).toContain('signal    and 9980 more')
  expect(out).toContain('wrong     signal-bad: and 990 more')
})

test('lines stay within a terminal, and colours are shown only where they are wanted', async () => {
  await announceConsole(JSON.stringify(SICK))
  const coloured = await status({ columns: 80 })
  const colour = '\u001b['
  expect(coloured.out).toContain(colour)
  const { out } = await status({ columns: 80, env: { NO_COLOR: '1' } })
  expect(out).not.toContain(colour)
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect((await status({ columns: 80, env: { TERM: 'dumb' } })).out).not.toContain(colour)
  expect((await status()).out).not.toContain(colour)
})

test('needs no password of central', async () => {
  await announceConsole(JSON.stringify(REPORT))
  const file = join(cwd, 'config', 'gateway.yaml')
  const central =
    'central: {url: "postgres://millrace@127.0.0.1/mes", tls: off, password_file: ../secrets/gone}'
  writeFileSync(file, `gateway: edge-1\norganization: SAV\nplant: SAV-1\ntimezone: Europe/Rome\n${central}\n`)
  expect((await status()).out).toContain('edge-1 DEGRADED')
})

test('--watch shows it again and again until it is stopped', async () => {
  await announceConsole(JSON.stringify(REPORT))
  const { out, code } = await status({ args: ['--watch'], signal: AbortSignal.timeout(3_000) })
  expect(out.split('edge-1 DEGRADED').length).toBe(3)
  expect(code).toBe(1)
})
