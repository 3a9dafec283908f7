import type { Event } from '../../domain/event.ts'
import type { Target } from './apply-events.ts'

/** Times as central can read them; an event with another one was never taken. */
const READABLE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** Whether any of these events' rows are in central: in its tables, or set aside there. */
export async function holdsAny(
  { link, tables, organizationId }: Target,
  events: readonly Event[],
): Promise<boolean> {
  const readable = events.filter(
    (event) => READABLE_TIME.test(timeOf(event)) && !event.machine.includes('\0'),
  )
  const status = readable.filter((event) => 'changedAt' in event)
  const downtime = readable.filter((event) => 'startedAt' in event)
  const held = (first: number, table: string, time: string) =>
    `EXISTS (
       SELECT FROM unnest($${first}::text[], $${first + 1}::text[]) AS e (code, at)
       JOIN ${tables.machines} m ON m.organization_id = $1 AND m.machine_code = e.code
       JOIN ${table} t ON t.organization_id = $1 AND t.machine_id = m.id AND t.${time} = e.at::timestamptz)`
  const setAside = (first: number, time: string) =>
    `EXISTS (
       SELECT FROM unnest($${first}::text[], $${first + 1}::text[]) AS e (code, at)
       JOIN edge_gateway.quarantine q ON q.organization_id = $1 AND q.event ->> 'machine' = e.code AND q.event ->> '${time}' = e.at)`
  const { rows } = await link.query<{ held: boolean }>(
    `SELECT ${held(2, tables.statusHistory, 'changed_at')} OR ${held(4, tables.downtimeEvents, 'started_at')}
       OR ${setAside(2, 'changedAt')} OR ${setAside(4, 'startedAt')} AS held`,
    [organizationId, codes(status), times(status), codes(downtime), times(downtime)],
  )
  return rows[0]?.held ?? false
}

function codes(events: readonly Event[]): string[] {
  return events.map(({ machine }) => machine)
}

function times(events: readonly Event[]): string[] {
  return events.map(timeOf)
}

function timeOf(event: Event): string {
  return 'changedAt' in event ? event.changedAt : event.startedAt
}
