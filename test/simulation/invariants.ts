/** What must hold in central after every single commit, whatever happened before. */
import { type Database, isBad, type LandedEvent, rowKey, TABLE_REFUSES } from './model-database.ts'
import type { ModelLog } from './model-outbox.ts'

/** A log as it is in truth. */
export type TrueLog = Pick<ModelLog, 'identity' | 'events' | 'hash'>

export interface Truth {
  /** Every history that the log has had: one, unless its SD card was cloned or restored from an image. */
  readonly histories: readonly TrueLog[]
  /** Which events the route takes; without it all. */
  readonly takes?: (kind: string) => boolean
  /** Whether central was restored or its stream row deleted at some time. If not, the uploader must never find that it was. */
  readonly mayLookRestored: boolean
  readonly mayFence: boolean
}

/** @returns what is wrong, or undefined */
export function violation(database: Database, truth: Truth): string | undefined {
  const consumed = timesConsumed(database)
  return (
    duplicate(consumed) ??
    disorder(database.landed) ??
    blamedForTheTable(database) ??
    falseAlarm(database, truth) ??
    (database.stream ? unlikeEveryHistory(database, consumed, truth) : undefined)
  )
}

const TOO_OFTEN = 2

/** By the number of an event: how often it is in central, up to twice. It is asked after each commit of each life, so it makes no lists. */
function timesConsumed({ landed, quarantine }: Database): Uint8Array {
  let last = 0
  for (const { seq } of landed) if (seq > last) last = seq
  for (const { seq } of quarantine) if (seq > last) last = seq
  const times = new Uint8Array(last + 1)
  const count = (seq: number) => {
    times[seq] = Math.min((times[seq] ?? 0) + 1, TOO_OFTEN)
  }
  for (const { seq } of landed) count(seq)
  for (const { seq, released } of quarantine) if (!released) count(seq)
  return times
}

function duplicate(consumed: Uint8Array): string | undefined {
  const seq = consumed.findIndex((times) => times >= TOO_OFTEN)
  return seq < 0 ? undefined : `event ${seq} is in central twice`
}

function disorder(landed: readonly LandedEvent[]): string | undefined {
  let last = 0
  for (const { seq, late } of landed) {
    if (late) continue
    if (seq < last) return `event ${seq} landed after ${last}`
    last = seq
  }
  return undefined
}

/** Where the table refuses rows of several machines, and none lands in between, it is no row's fault. */
function blamedForTheTable({ landed, quarantine }: Database): string | undefined {
  if (quarantine.length === 0) return undefined
  const inserted = landed.filter(({ late, event }) => !late && event.kind === 'status.opened')
  const lastSeq = Math.max(0, ...inserted.map(({ seq }) => seq))
  const blamed = quarantine.filter(
    ({ seq, released, reason }) => seq > lastSeq && !released && reason.includes(TABLE_REFUSES),
  )
  const subjects = new Set(blamed.map(({ event }) => event.subject))
  return subjects.size > 1 ? `rows of ${subjects.size} machines are blamed for their table` : undefined
}

function falseAlarm({ incidents }: Database, { mayLookRestored, mayFence }: Truth): string | undefined {
  if (!mayFence && incidents.some(({ kind }) => kind === 'fence')) return 'a fence without a cause'
  const restored = incidents.some(({ kind }) => kind === 'restore' || kind === 'gap')
  return !mayLookRestored && restored ? 'central was taken for a restored one' : undefined
}

function unlikeEveryHistory(
  database: Database,
  consumed: Uint8Array,
  { histories, takes = () => true }: Truth,
): string | undefined {
  const differences = histories.map((log) => differenceFrom(log, database, consumed, takes))
  return differences.includes(undefined) ? undefined : [...new Set(differences)].join('; nor the other log: ')
}

function differenceFrom(
  log: TrueLog,
  database: Database,
  consumed: Uint8Array,
  takes: (kind: string) => boolean,
): string | undefined {
  const { stream, landed, quarantine } = database
  if (!stream) return undefined
  if (stream.incarnation !== log.identity.incarnation) return 'the stream is of no log'
  if (stream.seq > log.events.length) return 'the stream is past the end of the log'
  if (String(stream.hash) !== String(log.hash(stream.seq)))
    return `the hash at ${stream.seq} is not the log's`
  const isStrange = ({ seq, event }: Pick<LandedEvent, 'seq' | 'event'>) =>
    log.events[seq - 1]?.event !== event
  const strange = landed.find(isStrange) ?? quarantine.find(isStrange)
  if (strange) return `event ${strange.seq} is not the log's`
  const lost = gaps(database)
  for (let seq = 1; seq <= stream.seq; seq += 1)
    if (!consumed[seq] && !lost.has(seq) && takes(log.events[seq - 1]?.event.kind ?? ''))
      return `event ${seq} is missing, the stream is at ${stream.seq}`
  const beyond = consumed.findIndex((times, seq) => times > 0 && seq > stream.seq)
  return beyond < 0 ? undefined : `event ${beyond} is past the stream at ${stream.seq}`
}

function gaps({ incidents }: Database): ReadonlySet<number> {
  const lost = new Set<number>()
  for (const { kind, detail } of incidents)
    if (kind === 'gap')
      for (let seq = Number(detail.fromSeq); seq <= Number(detail.toSeq); seq += 1) lost.add(seq)
  return lost
}

/** What is still missing in central after everything was repaired; undefined where nothing is. */
export function unfinished(
  database: Database,
  log: Pick<ModelLog, 'events' | 'cursorSeq'>,
): string | undefined {
  const { stream, landed, quarantine } = database
  const tail = log.events.length
  if (tail === 0) return undefined
  if (stream?.seq !== tail) return `central stands at ${stream?.seq ?? 'nothing'}, the log at ${tail}`
  if (log.cursorSeq !== tail) return `the cursor stands at ${log.cursorSeq}, the log at ${tail}`
  const rows = new Set(
    landed.filter(({ event }) => event.kind === 'status.opened').map(({ event }) => rowKey(event)),
  )
  const hopeful = quarantine.find(
    ({ event, released }) =>
      !released && !isBad(event) && (event.kind === 'status.opened' || rows.has(rowKey(event))),
  )
  return hopeful && `event ${hopeful.seq} is still in quarantine: ${hopeful.reason}`
}
