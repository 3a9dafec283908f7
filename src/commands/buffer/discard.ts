/** `millrace buffer quarantine discard`: gives up rows that nobody wants; see `src/uploader/given-up.ts`. */
import { parseArgs } from 'node:util'
import type { QuarantinedEvent } from '../../domain/destination.ts'
import { machineOwner, type Owner, stationOwner } from '../../domain/owner.ts'
import { CENTRAL } from '../../routes/mes/route.ts'
import { giveUpRows } from '../../uploader/given-up.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { recordDone } from '../record-done.ts'
import { routesNamed } from './named-routes.ts'
import { deliveredTo, NONE_OPEN, openSite, SOME_OPEN, whoAsks } from './site.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  route: { type: 'string' },
  why: { type: 'string' },
  machine: { type: 'string' },
  station: { type: 'string' },
  all: { type: 'boolean' },
  incarnation: { type: 'string' },
} as const
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
  const [route = site.routes[0]] = routesNamed(site.routes, values.route ?? CENTRAL)
  await using session = await route.destination.connect(context.signal, deliveredTo(site, route.name))
  const audit = { why, by: whoAsks(context) }
  const { discarded, left } = await giveUpRows(session, (rows) => chosen(rows, wanted), audit)
  if (discarded > 0)
    recordDone(
      context,
      site.config.dataFolder,
      'quarantine-discarded',
      `${discarded} rows of ${route.name} were given up: ${why}`,
    )
  context.out(`${discarded} given up, ${left} still in quarantine\n`)
  if (discarded === 0)
    context.err(
      `no such row of ${route.name} is in quarantine; millrace buffer quarantine list names those that are\n`,
    )
  return left === 0 && discarded > 0 ? NONE_OPEN : SOME_OPEN
}

/** @throws UsageError where a number names several */
function chosen(rows: readonly QuarantinedEvent[], wanted: Wanted): readonly QuarantinedEvent[] {
  const meant = rows.filter((row) => isMeant(row, wanted))
  refuseAmbiguous(meant, wanted)
  return meant
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
