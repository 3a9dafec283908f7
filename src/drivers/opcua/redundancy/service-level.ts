/** How fit a server says it is to serve its clients: ServiceLevel (OPC UA part 4, 6.6.2.4.2). */
import type { OpcUaSession } from '../session/session.ts'

/** Server_ServiceLevel, in part 6, annex A. */
const SERVICE_LEVEL = 'i=2267'
/** From here on a server has all that it needs; below, another one may have more. */
const HEALTHY = 200
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
