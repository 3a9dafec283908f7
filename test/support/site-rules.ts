/** A central whose site has a rule of its own about rows: what it refuses, and what becomes of the rows beside. */
import type { Event } from '../../src/domain/events/event.ts'
import { utcText } from '../../src/domain/instant.ts'
import { machineOwner } from '../../src/domain/owner.ts'
import type { TestCentral } from './central.ts'
import { opened } from './central-events.ts'

export const MACHINES = ['CNC-01', 'WELD-03', 'PRESS-07']
export const START_MS = Date.UTC(2026, 0, 31, 9)
/** What a rule knows the fifth of {@link openings} by, in a trigger. */
export const IS_ROW_FIVE = `NEW.notes LIKE '%row five%'`

/** Rows that machines open in turn, a second apart; the fifth is marked. */
export function openings(count: number, machines: readonly string[] = MACHINES, fromMs = START_MS): Event[] {
  return Array.from({ length: count }, (_, index) =>
    opened({
      at: utcText(fromMs + index * 1_000),
      subject: machineOwner(machines[index % machines.length] ?? ''),
      reason: 'R-1',
      ...(index === 4 ? { remark: 'row five' } : {}),
    }),
  )
}

/** Empties the tables, and takes the site's rule away. */
export async function beginAgain(central: TestCentral): Promise<void> {
  await dropRule(central)
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
}

/** Before each row of `on`, the site does this. */
export async function setRule(
  central: TestCentral,
  does: string,
  on = 'INSERT ON machine_status_history',
): Promise<void> {
  await central.sql(`CREATE OR REPLACE FUNCTION site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN ${does}; RETURN NEW; END $$`)
  await central.sql(`CREATE TRIGGER site_rule BEFORE ${on} FOR EACH ROW EXECUTE FUNCTION site_rule()`)
}

export async function dropRule(central: TestCentral): Promise<void> {
  await central.sql('DROP FUNCTION IF EXISTS site_rule CASCADE')
}

/** How many rows a table has. */
export async function countRows(central: TestCentral, table: string): Promise<number> {
  return (await central.sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? 0
}

/** What was set aside, in order, and the codes with which it was refused. */
export function quarantinedIn(central: TestCentral) {
  return central.sql<{ seq: number; sqlstate: string | null }>(
    'SELECT seq::int, sqlstate FROM edge_gateway.quarantine WHERE released_at IS NULL ORDER BY seq',
  )
}
