/** `millrace what-if FILE`: what a machine's recorded days would have been under this map. */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { whatIfOnWire } from '../api/what-if/on-wire.ts'
import { type TrialOutcome, tryMap } from '../api/what-if/tried-map.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { ConfigError } from '../domain/errors.ts'
import { utcText } from '../domain/instant.ts'
import { systemClock } from '../runtime/clock.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { knownHardware } from './hardware.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { whatIfText } from './what-if-text.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  from: { type: 'string' },
  to: { type: 'string' },
  days: { type: 'string' },
  json: { type: 'boolean' },
} as const

const COMPARED = 0
const NOTHING_RECORDED = 1
const DAY_MS = 86_400_000
const DAYS_DEFAULT = 2

export const whatIfCommand: Command = {
  name: 'what-if',
  summary:
    'replays the recorded days of a machine through an edited map, and shows what would have been different',
  usage: `millrace what-if FILE [--days 2 | --from 2026-01-31T06:00 [--to 2026-01-31T14:00]] [--json]
                 [--config config/gateway.yaml]
    --days 2: the last days; --from, --to: in the time zone of this computer, unless they end with Z or +01:00
    It reads what the gateway has recorded (recording: in gateway.yaml), also while the gateway runs.
    Nothing is stored, and the map does not come into force`,
  exits: [
    '0 compared, whatever is different',
    '1 nothing of the machine was recorded in this time',
    '2 the map has faults, or the call cannot be understood',
  ],
  example: 'millrace what-if devices/press-07.yaml --days 1',
  page: 'docs/technicians.md',
  run: compare,
}

async function compare({ args, env, cwd, out, err }: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [file, ...more] = positionals
  if (file === undefined) throw new UsageError('name a device map, as in devices/press-07.yaml')
  if (more.length > 0) throw new UsageError(`one map at a time, and not "${more.join(' ')}" as well`)
  const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  const path = resolve(cwd, file)
  const where = { folder: dirname(path), dataFolder: config.dataFolder, cwd, file: path }
  const outcome = tryMap({ ...where, span: spanOf(values) }, knownHardware())
  if (outcome.kind !== 'compared') return refused(outcome, err)
  const { result } = outcome
  const reader = { nowMs: systemClock.now().wallMs, timezone: config.timezone }
  out(values.json ? `${JSON.stringify(whatIfOnWire(result))}\n` : whatIfText(result, reader))
  return COMPARED
}

/** @throws ConfigError with all faults of the map */
function refused(
  outcome: Exclude<TrialOutcome, { readonly kind: 'compared' }>,
  err: CommandContext['err'],
): number {
  if (outcome.kind === 'faults') throw new ConfigError(outcome.faults)
  if (outcome.kind === 'no-machine')
    throw new UsageError('this is the map of a scanner; only what machines showed is recorded')
  const { machine, recordedFromMs } = outcome
  const since = recordedFromMs === undefined ? '' : `; it is recorded since ${utcText(recordedFromMs)}`
  err(`nothing of ${machine} was recorded in this time${since}\n`)
  return NOTHING_RECORDED
}

interface SpanValues {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly days?: string | undefined
}

function spanOf({ from, to, days }: SpanValues) {
  const nowMs = systemClock.now().wallMs
  if (days !== undefined && from !== undefined) throw new UsageError('either --days or --from, and not both')
  const toMs = to === undefined ? nowMs : momentOf('--to', to)
  const fromMs = from === undefined ? toMs - daysOf(days) * DAY_MS : momentOf('--from', from)
  if (fromMs >= toMs) throw new UsageError('the time ends before it begins')
  return { fromMs, toMs }
}

function daysOf(text: string | undefined): number {
  const days = text === undefined ? DAYS_DEFAULT : Number(text)
  if (!(days > 0 && days <= 90))
    throw new UsageError(`--days takes a number of days, as in 2, and not "${text}"`)
  return days
}

function momentOf(option: string, text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms))
    throw new UsageError(`${option} takes a moment, as in 2026-01-31T06:00, and not "${text}"`)
  return ms
}
