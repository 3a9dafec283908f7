/** Fields of what happens to connections. */
import type { LinkEvent } from '../link.ts'
import { commonFields, MACHINE, STATION } from './common.ts'
import { always, field, type ReadableField } from './field.ts'

/** `link` */
export const LINK: readonly ReadableField<LinkEvent>[] = [
  ...commonFields<LinkEvent>('link', 'when the connection came up or went down', ({ event }) => event.at),
  MACHINE,
  STATION,
  always(field('device', 'text', 'the device or scanner, as messages name it', ({ device }) => device)),
  always(
    field('state', 'text', 'what the connection is now', ({ up }) => (up ? 'up' : 'down'), ['up', 'down']),
  ),
  field('cause', 'text', 'why it went down', ({ cause }) => cause),
  field(
    'connected_at',
    'time',
    'when the connection came up; null where it never did',
    ({ connectedAt }) => connectedAt,
  ),
  field(
    'duration_s',
    'number',
    'how long a connection lasted that went down, in seconds',
    ({ durationMs }) => (durationMs === null ? null : durationMs / 1_000),
  ),
  field('seconds', 'integer', 'the same in whole seconds', ({ durationMs }) =>
    durationMs === null ? null : Math.round(durationMs / 1_000),
  ),
  always(
    field(
      'flaps',
      'integer',
      'connections that came and went since the last event of this device, and have none themselves',
      ({ flaps }) => flaps,
    ),
  ),
]
