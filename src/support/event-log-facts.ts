/** What the log of events holds, in numbers; the events themselves only where somebody asks for them. */
import { openLogReader } from '../buffer/log-reader.ts'

/** The newest are enough to see a pattern. */
const EVENTS_MAX = 1_000

/** @param consumers of whom it is said how far they have come */
export function eventLogFacts(file: string, consumers: readonly string[]): object {
  try {
    using log = openLogReader(file)
    const { first, last } = log.kept()
    const acknowledged = Object.fromEntries(consumers.map((name) => [name, log.acknowledged(name)]))
    return { identity: log.identity, first, last, acknowledged }
  } catch (error) {
    return { unreadable: (error as Error).message }
  }
}

/** One JSON object a line. Badges are not in them: an event knows who somebody is, and never by which badge. */
export function newestEvents(file: string): string {
  try {
    using log = openLogReader(file)
    const after = Math.max(0, log.kept().last - EVENTS_MAX)
    const lines = [...log.readablePages(after)].flatMap(({ events }) =>
      events.map((event) => JSON.stringify(event)),
    )
    return `${lines.join('\n')}\n`
  } catch (error) {
    return `${JSON.stringify({ unreadable: (error as Error).message })}\n`
  }
}
