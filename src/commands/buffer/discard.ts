/**
 * `millrace buffer quarantine discard`: gives up rows that nobody wants in central, such as those of a machine whose code was
 * misspelt for a minute. The rows stay in the quarantine table as released; who gave them up, when and why stands in
 * `edge_gateway.incident`, written in the same transaction.
 */
import { parseArgs } from 'node:util'
import type {
  DestinationTransaction,
  Incident,
  QuarantinedEvent,
  QuarantineKey,
} from '../../domain/destination.ts'
import { machineOwner, type Owner, stationOwner } from '../../domain/owner.ts'
import { createMesDestination } from '../../routes/mes/route.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { deliveredTo, NONE_OPEN, openSite, SOME_OPEN, whoAsks } from './site.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  why: { type: 'string' },
  machine: { type: 'string' },
  station: { type: 'string' },
  all: { type: 'boolean' },
  incarnation: { type: 'string' },
} as const
/** Rows given up in one transaction. */
const PAGE_ROWS = 200

/** Both ends included. */
interface SeqRange {
  readonly from: number
  readonly to: number
}

/** Which rows are meant. */
interface Wanted {
  readonly ranges: readonly SeqRange[]
  /** A machine or station, all of whose rows are meant. */
  readonly owner: Owner | undefined
  readonly all: boolean
  readonly incarnation: string | undefined
}

interface Outcome {
  readonly discarded: number
  readonly left: number
}

/** Ends with 0 where nothing is left in quarantine, and with 1 where something is, or where nothing was found. */
export async function discard(context: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...context.args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const why = values.why?.trim()
  if (!why) throw new UsageError('say why nobody wants them: --why "the code was misspelt"')
  const { machine, station, all = false, incarnation } = values
  const ranges = rangesIn(positionals)
  const ways = [ranges.length > 0, machine !== undefined, station !== undefined, all]
  if (ways.filter((isGiven) => isGiven).length !== 1) throw new UsageError(WAYS)
  const owner = machine === undefined ? station && stationOwner(station) : machineOwner(machine)
  const wanted: Wanted = { ranges, owner: owner || undefined, all, incarnation }
  const site = openSite(values, context)
  await using session = await createMesDestination(site.settings).connect(context.signal, deliveredTo(site))
  const audit = { why, by: whoAsks(context) }
  const { discarded, left } = await session.transaction((transaction) =>
    discardAll(transaction, wanted, audit),
  )
  context.out(`${discarded} given up, ${left} still in quarantine\n`)
  if (discarded === 0)
    context.err('no such row is in quarantine; millrace buffer quarantine list names those that are\n')
  return left === 0 && discarded > 0 ? NONE_OPEN : SOME_OPEN
}

/** All or none: under the lock of the stream, so that the gateway cannot land one of them meanwhile. */
async function discardAll(
  transaction: DestinationTransaction,
  wanted: Wanted,
  audit: { readonly why: string; readonly by: string },
): Promise<Outcome> {
  const rows = await allOf(transaction)
  const meant = rows.filter((row) => isMeant(row, wanted))
  refuseAmbiguous(meant, wanted)
  await transaction.release(meant)
  for (let at = 0; at < meant.length; at += PAGE_ROWS) {
    const page = meant.slice(at, at + PAGE_ROWS).map((row) => transaction.record(discardOf(row, audit)))
    // All on their way before the first is answered: over a slow link thousands of them would hold the stream for minutes.
    await Promise.all(page)
  }
  return { discarded: meant.length, left: rows.length - meant.length }
}

function discardOf(
  { incarnation, seq, event, reason }: QuarantinedEvent,
  audit: { readonly why: string; readonly by: string },
): Incident {
  const detail = { incarnation, seq, subject: event.subject, at: event.at, refused: reason, ...audit }
  return { kind: 'discard', detail }
}

async function allOf(transaction: DestinationTransaction): Promise<readonly QuarantinedEvent[]> {
  const rows: QuarantinedEvent[] = []
  let after: QuarantineKey | undefined
  do {
    const page = await transaction.quarantined(after, PAGE_ROWS)
    rows.push(...page)
    after = page.length < PAGE_ROWS ? undefined : page.at(-1)
  } while (after)
  return rows
}

function isMeant({ seq, incarnation, event }: QuarantinedEvent, wanted: Wanted): boolean {
  if (wanted.incarnation !== undefined && wanted.incarnation !== incarnation) return false
  if (wanted.all) return true
  if (wanted.owner !== undefined) return event.subject === wanted.owner
  return wanted.ranges.some(({ from, to }) => seq >= from && seq <= to)
}

/** Numbers begin again with each incarnation of the log. */
function refuseAmbiguous(meant: readonly QuarantinedEvent[], { ranges }: Wanted): void {
  if (ranges.length === 0) return
  const bySeq = Map.groupBy(meant, ({ seq }) => seq)
  const [twice, same] = [...bySeq].find(([, rows]) => rows.length > 1) ?? []
  if (twice === undefined) return
  const incarnations = (same ?? []).map(({ incarnation }) => incarnation)
  throw new UsageError(
    `event ${twice} is in quarantine more than once; say which with --incarnation, one of: ${incarnations.join(', ')}`,
  )
}

const WAYS =
  'name events by their numbers, as quarantine list shows them (4711, 4711-4890), or all of a machine or a station with --machine CODE or --station CODE, or --all'

function rangesIn(positionals: readonly string[]): readonly SeqRange[] {
  return positionals.map((text) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
    if (from === undefined || Number(from) > Number(to)) throw new UsageError(WAYS)
    return { from: Number(from), to: Number(to) }
  })
}
