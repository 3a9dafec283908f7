/** Words for statuses that come from the gateway as text. */
import { type ShownStatus, statusWord } from './status-lamp.tsx'

const KNOWN: ReadonlySet<string> = new Set<ShownStatus>([
  'running',
  'idle',
  'down',
  'setup',
  'maintenance',
  'available',
  'decommissioned',
])
/** The reason of a row that says that nothing was seen. */
const NO_DATA = 'NO_DATA'

/** What a lamp shows for a status and its reason; null: the machine was never seen. */
export function shownStatus(status: string | null, reason: string | null = null): ShownStatus {
  if (reason === NO_DATA) return 'no-data'
  return status !== null && KNOWN.has(status) ? (status as ShownStatus) : 'unknown'
}

/** In the reader's language. */
export function wordOf(status: string | null, reason: string | null = null): string {
  return statusWord(shownStatus(status, reason))
}
