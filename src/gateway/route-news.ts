/** What becomes of the route files, as the log says it and as `status` shows it. */
import { FaultLog } from '../documents/fault-log.ts'
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import { contentHash } from '../maps/content-hash.ts'
import type { RouteInForce, RouteSet } from '../routes/route-store.ts'
import { ROUTE_FAULTS, ROUTE_TAKEN_AWAY } from '../routes/troubles.ts'
import type { World } from './world.ts'

/** It may take so long until a route whose file was taken away has what it is owed, before anybody is bothered. */
const TAKEN_AWAY_GRACE_MS = 60_000

/** Writes the log. */
export interface RouteNews {
  /** Of a reading of the files: each thing once. */
  tell(set: RouteSet): void
}

/** One for each gateway. */
export function createRouteNews({ log }: Pick<World, 'log'>): RouteNews {
  const faultLog = new FaultLog(log, ROUTE_FAULTS)
  const passedOver = new Set<string>()
  const inForce = new Map<string, RouteInForce>()

  function tell(set: RouteSet): void {
    for (const text of set.passedOver.map(faultText)) {
      if (!passedOver.has(text)) log.info({ event: 'route-file-passed-over' }, text)
      passedOver.add(text)
    }
    const lasting = set.inForce.flatMap(({ faults }) => faults)
    for (const { name, faults } of set.inForce)
      faultLog.found(faults, { route: name }, 'the last good version of the route goes on: ')
    faultLog.found(set.faults)
    faultLog.onlyThese([...lasting, ...set.faults])
    for (const route of set.inForce) tellOf(route)
    const names = new Set(set.inForce.map(({ name }) => name))
    for (const name of inForce.keys()) if (!names.has(name)) inForce.delete(name)
  }

  function tellOf(route: RouteInForce): void {
    const { name, file, must, isTakenAway } = route
    const before = inForce.get(name)
    inForce.set(name, route)
    if (isTakenAway && !before?.isTakenAway)
      log.warn(
        { event: 'route-file-gone', route: name, file },
        `the file of ${name} was taken away: it ends once it has what is stored by now`,
      )
    if (before?.text === route.text) return
    log.info(
      { event: 'route-in-force', route: name, file, must, version: contentHash(route.text) },
      before ? 'route changed, and started again' : 'route in force',
    )
  }

  return { tell }
}

/**
 * What is wrong with the files.
 * @param takenAwayMs by name, since when the file of a route is gone that must deliver and is not done, ms since 1970
 */
export function routeFileTroubles(
  set: RouteSet,
  takenAwayMs: ReadonlyMap<string, number>,
  nowMs: number,
): readonly Trouble[] {
  return [...faultTroubles(set), ...takenAwayTroubles(set, takenAwayMs, nowMs)]
}

function faultTroubles({ inForce, held, faults }: RouteSet): readonly Trouble[] {
  const kept = new Map(held.map(({ file, name }) => [file, `the events of ${name} are kept until then`]))
  return [
    ...inForce.flatMap((route) =>
      route.faults.map((fault) => troubleOf(fault, 'until then the last good version of the route goes on')),
    ),
    ...faults.map((fault) => troubleOf(fault, kept.get(fault.file))),
  ]
}

function troubleOf(
  { file, line, column, message, hint }: ConfigFault,
  meanwhile: string | undefined,
): Trouble {
  const hints = [hint, meanwhile].filter((one) => one !== undefined)
  return {
    code: ROUTE_FAULTS,
    what: `${file}:${line}:${column}: ${message}`,
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
    sinceMs: null,
  }
}

function takenAwayTroubles(
  { inForce }: RouteSet,
  sinceByName: ReadonlyMap<string, number>,
  nowMs: number,
): readonly Trouble[] {
  return inForce.flatMap(({ name, file }) => {
    const sinceMs = sinceByName.get(name)
    if (sinceMs === undefined || nowMs - sinceMs <= TAKEN_AWAY_GRACE_MS) return []
    const what = `${file} was taken away, and ${name} still has to get events that were stored before`
    const hint =
      'put the file back; or, where nobody wants these events, put it back with must: best-effort and take it away then'
    return [{ code: ROUTE_TAKEN_AWAY, what, hint, sinceMs }]
  })
}
