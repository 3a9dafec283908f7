/** What is set aside for each route, another try for some of it, and giving up what nobody wants. */
import { ApiRefusal } from '../../console/refusal.ts'
import type { DestinationSession, QuarantinedEvent, Route } from '../../domain/destination.ts'
import { isUnreadable } from '../../domain/events/event.ts'
import { ownerCode } from '../../domain/owner.ts'
import { setAsideFor } from '../../routes/set-aside.ts'
import { giveUpRows } from '../../uploader/given-up.ts'
import { retryAll } from '../../uploader/quarantine.ts'
import type {
  ChosenRowsShape,
  DiscardedShape,
  QuarantineShape,
  RetriedShape,
  RouteQuarantineShape,
  SetAsideKindShape,
  SetAsideRowShape,
} from './shapes.ts'
import { boundedly, faultOf, routeNamed, type VisitParts } from './visits.ts'

/** Rows that a page shows of one route; whoever has more of them gives up, or tries again, whole kinds. */
const ROWS_SHOWN = 200
/** More kinds are none that a person goes through. */
const KINDS_SHOWN = 100
/** Rows that are looked at, so that a quarantine of a million rows holds nobody up; beyond it the count is a lower bound. */
const ROWS_READ = 20_000
const LOOK_MAX_MS = 20_000
/** A retry goes through the whole quarantine, a page of it at a time. */
const CHANGE_MAX_MS = 60_000

/** Which rows of which route. */
interface Chosen {
  readonly route: string
  readonly rows: ChosenRowsShape
}

/** Of all routes; one whose destination does not answer is shown with what is known here. */
export async function quarantines(parts: VisitParts, signal: AbortSignal): Promise<QuarantineShape> {
  const { routes } = await parts.visit()
  return { routes: await Promise.all(routes.map((route) => quarantineOf(route, parts, signal))) }
}

async function quarantineOf(
  route: Route,
  parts: VisitParts,
  signal: AbortSignal,
): Promise<RouteQuarantineShape> {
  const { clock } = parts
  try {
    const rows = await boundedly(route.name, (until) => firstRows(route, parts, until), {
      clock,
      maxMs: LOOK_MAX_MS,
      signal,
    })
    const shown = rows.slice(0, ROWS_SHOWN).map(rowShape)
    return { route: route.name, count: rows.length, kinds: [...kindsOf(rows)], rows: shown, fault: null }
  } catch (error) {
    return { ...knownHere(route, parts), fault: faultOf(error) }
  }
}

/** As the uploader has last counted it. */
function knownHere(
  { name }: Route,
  { standings }: VisitParts,
): Pick<RouteQuarantineShape, 'route' | 'count' | 'kinds' | 'rows'> {
  const health = standings().find(({ route }) => route === name)
  const counted = health && 'refused' in health ? health : undefined
  const kinds = (counted?.refused ?? []).map(({ machine, reason, count }) => ({
    about: machine,
    reason,
    count,
  }))
  return { route: name, count: counted?.quarantineCount ?? 0, kinds, rows: [] }
}

async function firstRows(
  route: Route,
  { settings, outbox }: VisitParts,
  signal: AbortSignal,
): Promise<readonly QuarantinedEvent[]> {
  const last = await outbox.recipient(route.name)
  const rows: QuarantinedEvent[] = []
  for await (const row of setAsideFor(route, { settings, last, signal })) {
    rows.push(row)
    if (rows.length >= ROWS_READ) break
  }
  return rows
}

function kindsOf(rows: readonly QuarantinedEvent[]): readonly SetAsideKindShape[] {
  const kinds = Map.groupBy(rows, ({ event, reason }) => JSON.stringify([ownerCode(event.subject), reason]))
  return [...kinds.values()].slice(0, KINDS_SHOWN).flatMap((alike) => {
    const [first] = alike
    return first ? [{ about: ownerCode(first.event.subject), reason: first.reason, count: alike.length }] : []
  })
}

function rowShape({ incarnation, seq, event, reason }: QuarantinedEvent): SetAsideRowShape {
  const found = isUnreadable(event) ? { payload: event.payload } : event
  const fields = Object.entries(found).filter(([, value]) => value !== undefined && value !== null)
  return {
    incarnation,
    seq,
    about: ownerCode(event.subject),
    subject: event.subject,
    kind: event.kind,
    at: event.at,
    reason,
    fields: Object.fromEntries(fields.map(([name, value]) => [name, shown(value)])),
  }
}

/** Tries some of what is set aside again, at once; the uploader does the same by itself every 20 s. */
export function retryRows(parts: VisitParts, chosen: Chosen, signal: AbortSignal): Promise<RetriedShape> {
  const { clock } = parts
  return atRoute(parts, { chosen, signal }, async (session, until) => {
    const isMeant = meansRow(chosen.rows)
    const landed = await retryAll(session, { clock, isMeant }, until)
    return { landed, left: (await session.quarantineSummary(0)).count }
  })
}

/** Rows of which somebody was shown how many they are, and what becomes of them. */
interface GivenUp extends Chosen {
  readonly count: number
  readonly why: string
  readonly by: string
}

/**
 * Gives rows up. They are kept where they lie, with who gave them up and why.
 * @throws ApiRefusal where they are not those that were shown: others have come, or some have landed or were given up meanwhile
 */
export function discardRows(
  parts: VisitParts,
  chosen: GivenUp,
  signal: AbortSignal,
): Promise<DiscardedShape> {
  const { why, by } = chosen
  return atRoute(parts, { chosen, signal }, (session) =>
    giveUpRows(session, (rows) => shownRows(rows, chosen), { why, by: `${by}@${parts.host}` }),
  )
}

function shownRows(
  rows: readonly QuarantinedEvent[],
  { rows: chosen, count }: GivenUp,
): readonly QuarantinedEvent[] {
  const isMeant = meansRow(chosen)
  // As many as are looked at for the page.
  const present = rows.slice(0, ROWS_READ).filter(isMeant).length
  if (present === count) return rows.filter(isMeant)
  const what = `nothing was given up: ${present} of these rows are in quarantine now, and ${count} were shown`
  throw new ApiRefusal(409, 'quarantine-changed', what, { hint: 'look at them again, and decide then' })
}

async function atRoute<T>(
  parts: VisitParts,
  { chosen, signal }: { readonly chosen: Chosen; readonly signal: AbortSignal },
  work: (session: DestinationSession, until: AbortSignal) => Promise<T>,
): Promise<T> {
  const route = routeNamed(await parts.visit(), chosen.route)
  const bounds = { clock: parts.clock, maxMs: CHANGE_MAX_MS, signal }
  return await boundedly(
    route.name,
    async (until) => {
      const last = await parts.outbox.recipient(route.name)
      await using session = await route.destination.connect(until, last)
      return await work(session, until)
    },
    bounds,
  )
}

function meansRow(chosen: ChosenRowsShape): (row: QuarantinedEvent) => boolean {
  if (chosen.which === 'all') return () => true
  if (chosen.which === 'one')
    return ({ incarnation, seq }) => incarnation === chosen.incarnation && seq === chosen.seq
  return ({ event, reason }) => ownerCode(event.subject) === chosen.about && reason === chosen.reason
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
