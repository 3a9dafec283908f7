/**
 * What the audit trail takes of the log: whatever came into force, was lost, fenced or trusted is a line of the log already, wherever in
 * the program it happened. So no room needs to know the trail, and each record has its line.
 */
import type { AuditTrail, GatewayNote } from '../audit-trail/audit-trail.ts'
import { LOGGED_EVENTS, type TrailEvent } from '../audit-trail/records.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log, LogFields } from '../runtime/log.ts'
import { kindOfLine, Repeats } from '../runtime/repeats.ts'

const RECORDED: ReadonlySet<string> = new Set(LOGGED_EVENTS)
const FENCED = /-fenced$/
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

/** A log that goes on as it did. Disposing it hands over what was held back. */
interface AuditedLog extends Log, Disposable {}

/** What recurs is recorded once and then counted, as in the log. What has a version is recorded whenever that is another one. */
export function auditedLog(log: Log, trail: Pick<AuditTrail, 'noteOwn'>, clock: Clock): AuditedLog {
  const repeats = new Repeats(clock)
  const record = (level: number, fields: LogFields, text: string) => {
    const event = eventOf(fields)
    if (event === undefined) return
    const about = subjectOf(fields)
    if (about) trail.noteOwn({ event, what: text, about, details: detailsOf(fields) })
    else
      repeats.say(kindOfLine(level, fields, text), (again) =>
        trail.noteOwn({ event, what: text, details: { ...detailsOf(fields), ...again } }),
      )
  }
  const say = (level: keyof typeof LEVELS) => (fields: LogFields, text: string) => {
    log[level](fields, text)
    record(LEVELS[level], fields, text)
  }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
    [Symbol.dispose]: () => repeats[Symbol.dispose](),
  }
}

function eventOf({ event, code }: LogFields): TrailEvent | undefined {
  if (event === 'route-interrupted') return FENCED.test(String(code)) ? 'route-fenced' : undefined
  return RECORDED.has(event) ? (event as TrailEvent) : undefined
}

/** Maps, routes and releases come into force at each start: only another version is worth a record. */
function subjectOf({ event, version, machine, station, route, release }: LogFields): GatewayNote['about'] {
  if (event === 'release-in-force' && typeof release === 'string')
    return { subject: 'release', state: release }
  const name = machine ?? station ?? route
  if (typeof name !== 'string') return undefined
  const subject = `${route === undefined ? 'map' : 'route'} ${name}`
  if (typeof version === 'string') return { subject, state: version }
  return event === 'map-taken-away' || event === 'route-over' ? { subject, state: 'gone' } : undefined
}

function detailsOf({ event: _, ...fields }: LogFields): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  )
}
