/** `millrace try FILE`: a device map played live, without storing anything. */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { folderUser } from '../buffer/instance-lock.ts'
import type { Drivers } from '../domain/driver.ts'
import { ConfigError } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { createDrivers } from '../drivers/index.ts'
import { readMapFile } from '../maps/map-file.ts'
import { isMachineMap } from '../maps/map-kind.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { doubtOf, findCauses } from '../workbench/live/causes.ts'
import { LiveMap, type LivePicture } from '../workbench/live/live-map.ts'
import { durationOf, makeStateFolderFor, siteFolders } from './at-device.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { knownHardware } from './hardware.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION } from './options.ts'
import { jsonValue } from './read.ts'
import { fitting, terminalOf } from './terminal.ts'
import { livePage, newsOf } from './try-text.ts'

const OPTIONS = { ...CONFIG_OPTION, for: { type: 'string' }, json: { type: 'boolean' } } as const

const WELL = 0
const NOT_WELL = 1
/** How often it is looked; a terminal is redrawn so often. */
const LOOK_MS = 500
/** Makes the terminal empty, with the cursor at its beginning. */
const CLEAR = '\x1b[H\x1b[2J'

export const tryCommand: Command = {
  name: 'try',
  summary:
    'plays a device map live without storing anything: signals, the rule that matches, what follows and when',
  usage: `millrace try FILE [--for 30s] [--json] [--config config/gateway.yaml]
    --for 30s: ends after this time; else with Ctrl-C
    --json: a line of JSON every half second
    Nothing is stored and nothing is sent. A gateway that runs reads its devices meanwhile; a serial port has room
    for one of both only`,
  exits: [
    '0 at the end every signal was good, and the rules could decide',
    '1 not so, and the text says why',
    '2 the map has faults, or the call cannot be understood',
  ],
  example: 'millrace try devices/press-07.yaml --for 30s',
  page: 'docs/technicians.md',
  run: tryMap,
}

async function tryMap(command: CommandContext): Promise<number> {
  const { args, err } = command
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [file, ...more] = positionals
  if (file === undefined) throw new UsageError('name a device map, as in devices/press-07.yaml')
  if (more.length > 0) throw new UsageError(`one map at a time, and not "${more.join(' ')}" as well`)
  const forMs = values.for === undefined ? undefined : durationOf('--for', values.for)
  await using drivers = createDrivers()
  const map = machineMapIn(file, command, drivers)
  const { dataFolder } = siteFolders(values, command)
  if (folderUser(dataFolder) !== 'nobody') err(`${RUNS_TOO}\n`)
  return await play(map, { drivers, dataFolder, forMs, isJson: values.json === true, command })
}

const RUNS_TOO =
  'a gateway runs here too: where a device of this map takes only one client, or is on a serial port that the gateway holds, it refuses this one'

/** @throws ConfigError with all its faults */
function machineMapIn(file: string, { cwd }: CommandContext, { all }: Drivers): MachineMap {
  const path = resolve(cwd, file)
  const { map, faults } = readMapFile({ folder: dirname(path), ...knownHardware(), drivers: all, cwd }, path)
  if (!map) throw new ConfigError(faults)
  if (!isMachineMap(map))
    throw new UsageError(`${file} is the map of a scanner; only that of a machine can be played`)
  return map
}

interface Play {
  readonly drivers: Drivers
  readonly dataFolder: string
  readonly forMs: number | undefined
  readonly isJson: boolean
  readonly command: CommandContext
}

async function play(map: MachineMap, { drivers, dataFolder, forMs, isJson, command }: Play): Promise<number> {
  makeStateFolderFor(
    map.devices.map(({ protocol }) => protocol),
    dataFolder,
  )
  const log = createLog('error', logStream(command))
  const clock = systemClock
  const parts = { drivers: drivers.all, clock, random: Math.random, log, stateFolder: dataFolder }
  const live = new LiveMap(map, parts)
  const ended = new AbortController()
  const signal = AbortSignal.any([command.signal, ended.signal])
  const causes = new Map<string, readonly string[]>()
  const work = Promise.all([live.run(signal), findCauses(live, parts, causes, signal)])
  const show = shower(map, causes, isJson, command)
  const watching = watch(live, show, { forMs, signal })
  // An error of the work ends the watching, and the end of the watching ends the work.
  await Promise.race([watching, work])
  ended.abort()
  await work
  show(live.picture(), true)
  return isWell(live.picture()) ? WELL : NOT_WELL
}

async function watch(
  live: LiveMap,
  show: (picture: LivePicture, isLast: boolean) => void,
  { forMs, signal }: { readonly forMs: number | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const beganMs = systemClock.now().monoMs
  while (!signal.aborted) {
    const leftMs = forMs === undefined ? LOOK_MS : forMs - (systemClock.now().monoMs - beganMs)
    if (leftMs <= 0) return
    await systemClock.sleep(Math.min(LOOK_MS, leftMs), signal)
    if (!signal.aborted) show(live.picture(), false)
  }
}

/** On a terminal a page that is redrawn; elsewhere the page once at the end, and before it each piece of news as a line. */
function shower(
  map: MachineMap,
  causes: ReadonlyMap<string, readonly string[]>,
  isJson: boolean,
  command: CommandContext,
): (picture: LivePicture, isLast: boolean) => void {
  const { out, env } = command
  const terminal = terminalOf(command)
  if (isJson) return (picture) => out(`${jsonLine(picture, causes)}\n`)
  if (command.isTerminal && env.TERM !== 'dumb') {
    return (picture, isLast) => {
      const page = livePage(map, picture, causes, terminal)
      out(CLEAR + (isLast ? page : fitting(page, command)))
    }
  }
  const told = new Set<string>()
  return (picture, isLast) => {
    for (const news of newsOf(map, picture)) {
      if (told.has(news)) continue
      told.add(news)
      out(`${news}\n`)
    }
    if (isLast) out(livePage(map, picture, causes, terminal))
  }
}

function jsonLine(
  { atMs, devices, signals, verdict }: LivePicture,
  causes: ReadonlyMap<string, readonly string[]>,
) {
  const shown = signals.map((one) => {
    const { spec, device, raw, value, quality, ageMs } = one
    const doubt = doubtOf(one) ?? null
    const { name } = spec
    return {
      signal: name,
      device: device.id,
      raw,
      value,
      quality,
      age_ms: ageMs,
      doubt,
      causes: causes.get(name) ?? [],
    }
  })
  return JSON.stringify({ at: new Date(atMs).toISOString(), devices, signals: shown, verdict }, jsonValue)
}

function isWell({ signals, verdict }: LivePicture): boolean {
  return (
    verdict.obstacle === undefined &&
    signals.every(({ raw, quality }) => raw !== undefined && quality === 'good')
  )
}
