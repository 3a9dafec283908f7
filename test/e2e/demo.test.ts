import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { npmRunMillrace, PROGRAM, runMillrace } from '../support/run-millrace.ts'

const MINUTES_MS = 60_000

test(
  'the demo ends with a truth and a central that agree, and leaves nothing behind',
  async () => {
    const folder = await ownTemporaryFolder()
    const finished = await npmRunMillrace(['demo', '--for', '20s', '--json'], { env: { TMPDIR: folder } })
    expect(finished.code, finished.err).toBe(0)
    const report = JSON.parse(finished.out)
    expect(report).toEqual({
      machines: 6,
      truth: { transitions: expect.any(Number), downtimes: expect.any(Number), scans: expect.any(Number) },
      central: {
        transitions: expect.any(Number),
        // A stop of about `micro_stop_below` is one or none, as the gateway measured it: each row was held against the truth.
        downtimes: expect.any(Number),
        scans: report.truth.scans,
      },
      missing: [],
      extra: [],
      duplicates: [],
      wrong: [],
    })
    expect(report.truth.transitions).toBeGreaterThan(30)
    expect(report.truth.scans).toBeGreaterThan(10)
    expect(report.central.downtimes).toBeGreaterThan(0)
    expect(finished.err).toContain('Central has all of it, each once and in order')
    expect(finished.err).toContain(
      'Millrace demo: six simulated machines and an operator with a scanner work for 20 s.',
    )
    expect(finished.err).toMatch(
      /machine_status_history, the newest of \d+ rows \(UTC\):\n +changed_at .*\n +[\d:.]+ {2}/,
    )
    expect(finished.err).toMatch(
      /Look for yourself while it runs:\n {2}http:\/\/127\.0\.0\.1:\d+\/\n {2}psql /,
    )
    expect(finished.err).toContain('Now your own machine:')
    expect(finished.err).not.toContain('\u001b')
    const stamps = [...finished.err.matchAll(/^([\d:.]{12}) {2}[A-Z]+-\d\d /gm)].map(
      ([, stamp]) => stamp ?? '',
    )
    expect(stamps.length).toBeGreaterThan(30)
    expect(stamps).toEqual(stamps.toSorted())
    expect(await leftovers(folder)).toEqual([])
  },
  6 * MINUTES_MS,
)

test(
  'the demo shows the live feed beside the table, and all of its events have come at the end',
  async () => {
    const folder = await ownTemporaryFolder()
    const finished = await npmRunMillrace(['demo', '--for', '6s', '--mqtt'], { env: { TMPDIR: folder } })
    expect(finished.code, finished.err).toBe(0)
    expect(finished.out).toMatch(/mosquitto_sub -h 127\.0\.0\.1 -p \d+ -t '#' -v/)
    expect(finished.out).toMatch(/^[\d:.]{12} {2}SAV\/SAV-1\/[A-Z]+-\d\d\/event\/status\/opened \{"id":/m)
    expect(finished.out).toMatch(/^[\d:.]{12} {2}SAV\/SAV-1\/[A-Z]+-\d\d\/status \{"at":/m)
    const [, events = ''] = /Over the feed came (\d+) events/.exec(finished.out) ?? []
    const [, rows = ''] = /each once and in order: (\d+) rows of status/.exec(finished.out) ?? []
    // Each interval that ended is two events.
    expect(Number(events)).toBeGreaterThan(Number(rows))
    expect(await leftovers(folder)).toEqual([])
  },
  6 * MINUTES_MS,
)

test(
  'the demo fills the tables of the example routes, and says what their sites refused',
  async () => {
    const folder = await ownTemporaryFolder()
    const finished = await npmRunMillrace(['demo', '--for', '12s', '--routes'], { env: { TMPDIR: folder } })
    expect(finished.code, finished.err).toBe(0)
    const rowsOf = (table: string) =>
      Number(new RegExp(`${table} +(\\d+) rows?$`, 'm').exec(finished.out)?.[1])
    expect(rowsOf('scheduling.operation_timestamps')).toBeGreaterThan(0)
    expect(rowsOf('wip.transactions') + rowsOf('device_cloud.requests')).toBeGreaterThan(0)
    // Six machines, and the scanner.
    expect(rowsOf('device_cloud.device_connections')).toBe(7)
    const refused = finished.out.match(/set aside for .*/g) ?? []
    for (const line of refused)
      expect(line).toMatch(/wip-inventory: \d+ times: .*: there is no part PALLET 17/)
    expect(await leftovers(folder)).toEqual([])
  },
  6 * MINUTES_MS,
)

test.each([
  ['Ctrl-\\ while PostgreSQL starts', 'SIGQUIT', 'PostgreSQL'],
  ['Ctrl-C while machines start', 'SIGINT', 'the simulated machines'],
  ['a closed terminal during the day', 'SIGHUP', 'Look for yourself'],
] as const)(
  'a demo that is stopped by %s says so at once, and cleans up',
  async (_, signal, moment) => {
    const { child, folder, said, ended, until } = await startDemo()
    await until(moment)
    child.kill(signal)
    await until('\nstopping, and removing everything ...')
    expect(await ended, said()).toBe(1)
    expect(said().trimEnd().endsWith('\nStopped; everything is cleaned up.'), said()).toBe(true)
    expect(await leftovers(folder, child.pid)).toEqual([])
  },
  4 * MINUTES_MS,
)

test(
  'a demo lets people look into its database, and when it is killed, neither a process nor a file of it stays',
  async () => {
    const { child, folder, said, until } = await startDemo()
    await until('Look for yourself')
    await until('down (')
    await lookAt(/psql (\S+)\n/.exec(said())?.[1] ?? '')
    expect(await leftovers(folder, child.pid)).not.toEqual([])
    child.kill('SIGKILL')
    const deadlineMs = performance.now() + MINUTES_MS
    while ((await leftovers(folder, child.pid)).length > 0 || processesIn(folder).length > 0) {
      expect(performance.now(), String(processesIn(folder))).toBeLessThan(deadlineMs)
      await wait(200)
    }
  },
  6 * MINUTES_MS,
)

/** With nothing but the URL: everything can be read, and nothing changed. */
async function lookAt(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM machine_status_history')
  expect(Number(rows[0]?.count)).toBeGreaterThan(0)
  await client.query('SELECT * FROM stream')
  await expect(client.query('DELETE FROM downtime_events')).rejects.toThrow('read-only')
  await client.query('SET default_transaction_read_only = off')
  await expect(client.query('DELETE FROM downtime_events')).rejects.toThrow('permission denied')
  await client.end()
}

/** What it says goes into pipes. */
async function startDemo() {
  const folder = await ownTemporaryFolder()
  const child = spawn(PROGRAM.node, [...PROGRAM.nodeOptions, PROGRAM.main, 'demo'], {
    env: { ...PROGRAM.env, TMPDIR: folder },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const until = async (words: string) => {
    while (!text.includes(words)) {
      expect(child.exitCode, text).toBe(null)
      await wait(20)
    }
  }
  return { child, folder, ended, until, said: () => text }
}

/** Command lines of processes that use a file in a folder. */
function processesIn(folder: string): readonly string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes(folder) && !line.includes('rm -rf'))
}

test('a duration without a unit is refused with the usage', async () => {
  const finished = await runMillrace(['demo', '--for', '30'])
  expect(finished.code).toBe(2)
  expect(finished.err).toContain('--for 30: not a duration such as 30s or 2m')
})

async function ownTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Where this is root, the database is in /tmp itself, because its own account has to reach it. */
async function leftovers(folder: string, pid = 0): Promise<readonly string[]> {
  const names = [
    ...(await readdir(folder)),
    ...(await readdir('/tmp')).filter((name) => name.includes(`-${pid}-`)),
  ]
  return names.filter((name) => name.startsWith('millrace-'))
}
