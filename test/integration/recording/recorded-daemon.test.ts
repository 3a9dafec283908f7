/** A daemon that is killed and started again: its recording, replayed, gives the rows that it stored. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openLogReader } from '../../../src/buffer/log-reader.ts'
import { isMachineEvent, type MachineEvent } from '../../../src/domain/events/machine.ts'
import type { TimeSpan } from '../../../src/history/timeline.ts'
import { RECORDING_FILE } from '../../../src/recording/file/schema.ts'
import { openRecording } from '../../../src/recording/read-recording.ts'
import { replayAsItWas } from '../../../src/what-if/replay.ts'
import { testFolder } from '../../support/buffer.ts'
import { FAULT, RUNNING, startConsolePress } from '../../support/console-press.ts'
import { runMillrace } from '../../support/run-millrace.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TIMEOUT_MS = 180_000
const STATUS_MS = 4_000
const RECORDED_MS = 13_000
const ALWAYS = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }

test(
  'over a kill and a start the recording gives the rows that were stored, and tries other names on raw values',
  async () => {
    await using press = await startConsolePress()
    const folder = siteIn(testFolder(), press.map)
    const first = await start(folder)
    press.show(FAULT)
    await wait(STATUS_MS)
    press.show(RUNNING)
    await wait(RECORDED_MS)
    await end(first, 'SIGKILL')
    const second = await start(folder)
    press.show(FAULT)
    await wait(STATUS_MS)
    press.show(RUNNING)
    await wait(RECORDED_MS)
    await end(second, 'SIGTERM')

    const { replayed, lost } = replayedIn(folder)
    expect(lost).toHaveLength(1)
    const stored = storedIn(folder, lost)
    expect(stored.filter(({ kind }) => kind === 'status.opened').length).toBeGreaterThan(3)
    expect(replayed.map(asStored)).toEqual(stored)

    const same = await runMillrace(
      ['what-if', 'devices/machine.yaml', '--days', '1', '--config', 'gateway.yaml'],
      { cwd: folder },
    )
    expect(same).toMatchObject({ code: 0, out: expect.stringContaining('nothing would have been different') })
    // The device gives the same numbers; what they mean is the other way about.
    const swapped = press.map.replace('2: running, 3: fault', '2: fault, 3: running')
    writeFileSync(join(folder, 'devices', 'machine.yaml'), swapped)
    const other = await runMillrace(
      ['what-if', 'devices/machine.yaml', '--days', '1', '--config', 'gateway.yaml'],
      { cwd: folder },
    )
    expect(other.out).toMatch(/another status or reason for/)
    expect(other.out).toMatch(/running\s+down e_stop/)
  },
  TIMEOUT_MS,
)

function siteIn(folder: string, map: string): string {
  mkdirSync(join(folder, 'devices'), { recursive: true })
  writeFileSync(join(folder, 'devices', 'machine.yaml'), map)
  writeFileSync(join(folder, 'password'), 'none', { mode: 0o600 })
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://gateway@127.0.0.1:9/mes", password_file: password, tls: off}
console: {port: 0}
`,
  )
  return folder
}

async function start(folder: string): Promise<ChildProcess> {
  const args = [...process.execArgv, join(ROOT, 'src/main.ts'), 'run', '--config', 'gateway.yaml']
  const daemon = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const running = Promise.withResolvers<void>()
  for (const stream of [daemon.stdout, daemon.stderr])
    stream?.on('data', (text) => String(text).includes('is connected') && running.resolve())
  await running.promise
  await wait(STATUS_MS)
  return daemon
}

async function end(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(daemon, 'exit')
  daemon.kill(signal)
  await ended
}

function replayedIn(folder: string) {
  const file = join(folder, 'data', RECORDING_FILE)
  expect(existsSync(file)).toBe(true)
  // What a device gives is no secret, and the map's password never comes there.
  expect(readFileSync(file).includes('password')).toBe(false)
  using recording = openRecording(file)
  const replayed: MachineEvent[] = []
  const lost: TimeSpan[] = []
  replayAsItWas(recording.segments('PRESS-07', ALWAYS.fromMs, ALWAYS.toMs), {
    came: (events) => replayed.push(...events),
    missing: (span) => lost.push(span),
  })
  return { replayed, lost }
}

/** Of the last moments before a kill nothing was recorded, and that is known. */
function storedIn(folder: string, lost: readonly TimeSpan[]): readonly MachineEvent[] {
  using log = openLogReader(join(folder, 'data', 'outbox.db'))
  const all = [...log.readablePages(0)].flatMap(({ events }) => events)
  return all.flatMap(({ event, capturedAtMs }) => {
    const isLost = lost.some(({ fromMs, toMs }) => capturedAtMs > fromMs && capturedAtMs < toMs)
    return isMachineEvent(event) && !isLost ? [asStored(event)] : []
  })
}

/** As JSON has it. */
function asStored(event: MachineEvent): MachineEvent {
  return JSON.parse(JSON.stringify(event))
}
