/** Holds the log and every destination against what was promised: to the pipeline, to people who scan, and to the destinations. */
import type { Scan } from '../../../src/domain/events/scan.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { Gun } from './gun.ts'
import type { LogDisk } from './log-disk.ts'

/** What is wrong, in words. @param stored what the pipeline was told to be durable, in that order */
export function logBreaches(
  disk: LogDisk,
  stored: readonly Event[],
  gun: Pick<Gun, 'scans'>,
): readonly string[] {
  return [...promised(disk, stored), ...twice(disk), ...scanned(disk, gun)]
}

/** Whatever was told to be durable is in the log, in the order in which that was said. */
function promised({ payloads }: LogDisk, stored: readonly Event[]): readonly string[] {
  let place = 0
  for (const event of stored) {
    const payload = eventCodec.encode(event)
    const found = payloads.indexOf(payload, place)
    if (found < 0) {
      const how = payloads.includes(payload) ? 'is not in its order' : 'is lost'
      return [`${event.kind} of ${event.subject} at ${event.at} was promised, and ${how}`]
    }
    place = found + 1
  }
  return []
}

/** Nothing is opened twice, and no scan is stored twice. */
function twice({ events }: LogDisk): readonly string[] {
  const seen = new Set<string>()
  for (const { event } of events) {
    if (!event.kind.endsWith('.opened') && event.kind !== 'scan') continue
    const key = `${event.kind} ${event.subject} ${event.at}`
    if (seen.has(key)) return [`${key} is in the log twice`]
    seen.add(key)
  }
  return []
}

/** A good beep promises the row, no label comes twice, and they come in the order in which they were scanned. */
function scanned({ events }: LogDisk, { scans }: Pick<Gun, 'scans'>): readonly string[] {
  const labels = events
    .map(({ event }) => event)
    .filter((event): event is Scan => event.kind === 'scan')
    .filter(({ data }) => data.startsWith('LBL-'))
    .map(({ data }) => data)
  const lost = scans.filter(({ data, beep }) => beep === 'good' && !labels.includes(data))
  const numbers = labels.map((label) => Number(label.slice(4)))
  const unordered = numbers.find((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))
  const refused = scans.filter(({ beep }) => beep === 'bad')
  return [
    ...lost.map(({ data }) => `${data} got its good beep, and is not in the log`),
    ...refused.map(({ data }) => `${data} was refused without a reason`),
    ...(unordered === undefined ? [] : [`label ${unordered} is stored twice or out of order`]),
  ]
}
