/** What an amendment says of the end of its interval or stop, to a reader who knows nothing of the events before it. */
import type { MachineEvent } from '../../src/domain/events/machine.ts'

/** The first amendment that says an end is the ending, and says which status ended; each after it says that it comes after. */
export function endings(events: readonly MachineEvent[]): readonly string[] {
  const statuses = new Map<string, string>()
  const ended = new Set<string>()
  const found: string[] = []
  for (const event of events) {
    const name = `${event.kind} of ${event.at}`
    if (event.kind === 'status.opened') statuses.set(event.at, event.status)
    if (event.kind === 'status.amended' && event.became) statuses.set(event.at, event.became)
    if (event.kind !== 'status.amended' && event.kind !== 'downtime.amended') continue
    const isAfter = event.afterEnd === true
    const wasEnded = ended.has(name)
    if (event.ended === null ? isAfter || wasEnded : isAfter !== wasEnded)
      found.push(`${name} is told as ${isAfter ? 'what was learnt later' : 'an end'}, and is not`)
    if (event.ended) ended.add(name)
    if (event.kind === 'downtime.amended' || event.ended === null || isAfter) continue
    const status = statuses.get(event.at)
    if (event.status !== status) found.push(`${name} ends ${event.status}, and ${status} was open`)
  }
  return found
}
