/** How fit a server says it is to serve its clients: ServiceLevel (OPC UA part 4, 6.6.2.4.2). */
import type { OpcUaSession } from '../session/session.ts'

/** Server_ServiceLevel, in part 6, annex A. */
const SERVICE_LEVEL = 'i=2267'
/** From here on a server has all that it needs; below, another one may have more. */
const HEALTHY = 200
/** A server with this level or more has data, if not all of it; below, it has none, or is in maintenance (0). */
const WITH_DATA = 2
/** Levels of servers that are not healthy go up and down with their load: less is no reason to leave one. */
const NOTABLE = 30
/** Of a server that does not say. */
const SILENT = 255

/** From 0, which asks clients to leave, to 255, which is also that of a server that does not say. */
export async function serviceLevel(session: OpcUaSession): Promise<number> {
  const [answer] = await session.read([SERVICE_LEVEL])
  const level: unknown = answer?.value?.value
  return typeof level === 'number' ? level : SILENT
}

/** Whether a server has all that it needs to be read from. */
export function isHealthy(level: number): boolean {
  return level >= HEALTHY
}

/** Whether a server is worth leaving another one for, which costs a new connection. */
export function isFitter(level: number, than: number): boolean {
  const ranges = [than, level].map((one) => [0, WITH_DATA, HEALTHY].filter((from) => one >= from).length)
  const [before = 0, after = 0] = ranges
  return after > before || (after === before && !isHealthy(level) && level - than >= NOTABLE)
}
