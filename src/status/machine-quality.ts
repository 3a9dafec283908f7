/** What a machine says of the signals that something depends on: which of them are no use now, and whether it can be decided. */
import type { SignalHealth, Trouble } from '../domain/health.ts'
import { type Instant, laterOf } from '../domain/instant.ts'
import { judgedByMap } from '../domain/interpret.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { detailOf } from '../domain/signal.ts'
import type { Watched } from './judging/sight.ts'
import { type OwnObstacle, ownObstacles } from './own-obstacles.ts'
import { isAwaited } from './seeing/perceive.ts'
import type { View } from './view.ts'
import { type Obstacle, whyUnseen } from './why-unseen.ts'

/** The codes of what can be wrong with them. Alerts are named by it. */
const TROUBLES = {
  /** The device refuses it, or says itself that its value is no good. */
  bad: 'signal-bad',
  /** A heartbeat that stands still. */
  stale: 'signal-stale',
  /** It shows what the map has no meaning for. */
  unmeant: 'signal-unmeant',
  /** No rule can be decided, though the device answers. */
  undecided: 'machine-undecided',
} as const

interface MachineQuality {
  /** Signals that are good for their device and say nothing of this machine. */
  readonly signals: readonly SignalHealth[]
  readonly troubles: readonly Trouble[]
}

/** A device that does not answer is a trouble of its own: nothing is said of its signals then. */
export function machineQuality(seen: Watched): MachineQuality {
  const { map, view } = seen
  const now = latestContact(view)
  if (!now) return { signals: [], troubles: [] }
  const obstacle = whyUnseen(seen, now)
  const own = withObstacle(ownObstacles(map, view), obstacle)
  const signals = own.map(signalHealth)
  return {
    signals,
    troubles: [
      ...[...badSignals(map, view), ...signals].map((signal) => signalTrouble(map, signal)),
      ...(obstacle && isTrouble(obstacle, own) && !isAwaited(seen) ? [undecided(map, obstacle)] : []),
    ],
  }
}

/** What keeps the rules from a verdict counts also where other rules could mean the value. */
function withObstacle(own: readonly OwnObstacle[], obstacle: Obstacle | undefined): readonly OwnObstacle[] {
  if (obstacle?.why !== 'unmeant' || own.some(({ signal }) => signal === obstacle.signal)) return own
  const { why, device, signal } = obstacle
  return device === null || signal === null ? own : [...own, { ...obstacle, why, device, signal }]
}

/** A heartbeat that is none of those that stand still has only just been read. */
function isTrouble({ why, signal }: Obstacle, own: readonly OwnObstacle[]): boolean {
  if (why === 'stale') return own.some((one) => one.signal === signal)
  return why !== 'away'
}

function latestContact({ contacts }: View): Instant | undefined {
  return Object.values(contacts).reduce<Instant | undefined>(
    (latest, contact) => (latest ? laterOf(latest, contact) : contact),
    undefined,
  )
}

/** What the device itself says is no good, of all that rules, reasons, counters or heartbeats read. */
function badSignals({ relevantSignals }: MachineMap, { values, contacts }: View): readonly SignalHealth[] {
  return relevantSignals.flatMap((signal) => {
    const held = values[signal]
    if (!held || held.quality === 'good' || !contacts[held.device]) return []
    const { quality, device, since } = held
    return [{ signal, device, quality, detail: detailOf(held), sinceMs: since.wallMs }]
  })
}

function signalHealth({ signal, device, why, detail, since }: OwnObstacle): SignalHealth {
  return { signal, device, quality: why, detail: detail ?? '', sinceMs: since?.wallMs ?? 0 }
}

function signalTrouble({ machine, file }: MachineMap, health: SignalHealth): Trouble {
  const { signal, device, quality, detail, sinceMs } = health
  const what = `${machine} ${signal} ${WORDS[quality]}: ${detail}`
  return { code: CODES[quality], what, hint: hintFor(health, file), sinceMs, machine, device, signal }
}

/** How people say it. */
const WORDS = {
  bad: 'is bad',
  uncertain: 'is doubtful',
  stale: 'stands still',
  unmeant: 'shows what the map does not know',
  missing: 'was never read',
  away: 'is away',
  unmapped: 'has no map',
  shadow: 'is in shadow',
  out_of_service: 'is out of service',
} as const

const CODES = {
  bad: TROUBLES.bad,
  uncertain: TROUBLES.bad,
  stale: TROUBLES.stale,
  unmeant: TROUBLES.unmeant,
} as const

function hintFor({ quality, detail }: SignalHealth, file: string): string {
  switch (quality) {
    case 'bad':
      return hintForBad(detail, file)
    case 'uncertain':
      return 'the PLC itself doubts it: see to the sensor, or to what stands behind the PLC'
    case 'stale':
      return `is the PLC in STOP? if it runs, correct the heartbeat's address in ${file}`
    case 'unmeant':
      return `say in ${file} what it means, or correct its address there`
  }
}

function hintForBad(detail: string, file: string): string {
  switch (judgedByMap(detail)) {
    case 'no-value':
      return `see to the sensor; if the value can be real, take it out of "invalid" in ${file}`
    case 'unexpected':
      return `if the PLC shows another number, correct word_order, type or scale in ${file}; if not, "expect"`
    case undefined:
      return `compare its address in ${file} with the program of the PLC, or with what the device publishes`
  }
}

function undecided({ machine }: MachineMap, { why, signal, device, detail, since }: Obstacle): Trouble {
  const cause = `${signal ?? device} ${WORDS[why]}${detail === null ? '' : `: ${detail}`}`
  const what = `${machine} cannot be decided: ${cause}`
  const of = { machine, ...(device === null ? {} : { device }) }
  return { code: TROUBLES.undecided, what, sinceMs: since?.wallMs ?? null, ...of }
}
