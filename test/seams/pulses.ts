/**
 * A line that counts pulses: a subject, an event kind and a table that exist in test code only. They stand for everything that
 * is to come, and use nothing that the product does not offer to everybody.
 */
import { createEventCodec, type EventKind } from '../../src/domain/events/codec.ts'
import { EVENT_VERSION, type Event } from '../../src/domain/events/event.ts'
import { EVENT_KINDS } from '../../src/domain/events/index.ts'
import type { Health } from '../../src/domain/health.ts'
import { type Instant, utcText } from '../../src/domain/instant.ts'
import { type Owner, ownerCode } from '../../src/domain/owner.ts'
import type { Message, Remembered, Subject, Taken, Tick } from '../../src/domain/subject.ts'
import { MES_TABLES } from '../../src/routes/mes/tables/index.ts'
import { column, type MesTable } from '../../src/routes/mes/tables/table.ts'

export const LINE: Owner = 'line:PACK-1'

/** So many parts have passed since the line was first counted. */
export interface PulseCounted extends Event {
  readonly kind: 'pulse.counted'
  readonly total: number
}

const pulseCounted: EventKind<PulseCounted> = {
  kind: 'pulse.counted',
  read: (fields) => ({
    ...fields.head(EVENT_VERSION),
    kind: 'pulse.counted',
    total: fields.number('total'),
  }),
}

export const codecWithPulses = createEventCodec([...EVENT_KINDS, pulseCounted])

export interface Pulse extends Message {
  readonly kind: 'pulse'
  readonly at: Instant
}

interface LineState {
  readonly total: number
  readonly lastStampMs: number
}

/** Each pulse is an event with the number of pulses so far, so that a lost or doubled one shows in the numbers. */
export class LineSubject implements Subject {
  readonly owner: Owner
  readonly wakeAtMs = undefined
  readonly lastSeen = null
  #state: LineState

  constructor(owner: Owner, { state }: Remembered) {
    this.owner = owner
    this.#state = (state as LineState | undefined) ?? { total: 0, lastStampMs: 0 }
  }

  get state(): LineState {
    return this.#state
  }

  take(input: Message | Tick): Taken {
    if (input.kind !== 'pulse') return { events: [] }
    const { at } = input as Pulse
    const total = this.#state.total + 1
    const lastStampMs = Math.max(Math.round(at.wallMs), this.#state.lastStampMs + 1)
    this.#state = { total, lastStampMs }
    const event: PulseCounted = {
      v: EVENT_VERSION,
      kind: 'pulse.counted',
      at: utcText(lastStampMs),
      subject: this.owner,
      total,
    }
    return { events: [event], state: this.#state }
  }

  checkpoint(): undefined {
    return undefined
  }

  health(): Health<LineState> {
    return { summary: this.#state, troubles: [] }
  }

  retire(): Taken {
    return { events: [] }
  }
}

export const linePulses: MesTable = {
  name: 'line_pulses',
  columns: [
    column('key', 'text', 'line_code', 'line'),
    column('key', 'timestamptz', 'counted_at', 'at'),
    column('fixed', 'int', 'total', 'total'),
  ],
  opens: ['pulse.counted'],
  amends: [],
  completedBy: 'total',
  row: (event) => ({
    line: ownerCode(event.subject),
    at: event.at,
    total: (event as PulseCounted).total,
  }),
  sample: () => [],
}

export const TABLES_WITH_PULSES: readonly MesTable[] = [...MES_TABLES, linePulses]

/** What a DBA would run for the table: as narrow as the gateway's other rights. */
export function linePulsesSql(role: string): string {
  return `
    CREATE TABLE line_pulses (
      id BIGSERIAL PRIMARY KEY, organization_id INTEGER NOT NULL REFERENCES organizations (id),
      line_code TEXT NOT NULL, counted_at TIMESTAMPTZ NOT NULL, total INTEGER NOT NULL);
    ALTER TABLE line_pulses ENABLE ROW LEVEL SECURITY;
    ALTER TABLE line_pulses FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON line_pulses USING (organization_id = current_setting('app.current_organization_id')::int);
    GRANT SELECT (organization_id, line_code, counted_at, total), INSERT (organization_id, line_code, counted_at, total)
      ON line_pulses TO ${role};
    GRANT USAGE ON SEQUENCE line_pulses_id_seq TO ${role}`
}
