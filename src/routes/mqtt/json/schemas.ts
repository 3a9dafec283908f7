/** The JSON Schemas of what the feed says in JSON, made of the vocabulary of events. */
import type { OutwardField, OutwardKind } from '../../../domain/events/outward/field.ts'
import { OUTWARD_KINDS } from '../../../domain/events/outward.ts'
import { STATUSES } from '../../../domain/status.ts'
import { eventLevels } from '../topics.ts'

/** A schema as JSON has it. */
interface FeedSchema {
  readonly title: string
  readonly description: string
  readonly [key: string]: unknown
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
/** RFC 9562, in lower case. */
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
/** UTC with milliseconds. */
const TIME = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$'

const TYPES: Readonly<Record<OutwardField['type'], object>> = {
  text: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  time: { type: 'string', format: 'date-time', pattern: TIME },
  uuid: { type: 'string', format: 'uuid', pattern: UUID },
  list: { type: 'array' },
  group: { type: 'object', additionalProperties: { type: 'string' } },
}

const HISTORICAL = {
  type: 'boolean',
  description:
    'true: the event was captured before the present connection to the broker; nobody could hear it in its moment. Absent otherwise',
}

const LATER_FIELDS = 'A later version of the gateway may add fields.'

/** Of one kind of event: what stands on `…/event/<words of the kind>`. */
function eventSchema({ kind, about, fields }: OutwardKind): FeedSchema {
  const properties = Object.fromEntries(fields.map((field) => [field.name, propertyOf(field)]))
  return {
    $schema: DIALECT,
    title: kind,
    description: `${about}. What an event does not say is left out. ${LATER_FIELDS}`,
    type: 'object',
    properties: { ...properties, historical: HISTORICAL },
    required: fields.filter(({ always }) => always).map(({ name }) => name),
  }
}

function propertyOf({ type, about, words }: OutwardField): object {
  return { ...TYPES[type], ...(words && { enum: words }), description: about }
}

function orNull(type: string, description: string, rest: object = {}): object {
  return { type: [type, 'null'], ...rest, description }
}

/** Of what a machine shows now: what stands on `…/status`. */
const STANDING: FeedSchema = {
  $schema: DIALECT,
  title: 'status',
  description: `what a machine shows now. ${LATER_FIELDS}`,
  type: 'object',
  properties: {
    at: { ...TYPES.time, description: 'when the gateway said it' },
    gateway: { type: 'string', description: 'the name of the gateway' },
    machine: { type: 'string', description: 'the code of the machine' },
    status: orNull('string', 'what the machine is doing; null while it was never seen', {
      enum: [...STATUSES, null],
    }),
    since: orNull('string', 'since when', { format: 'date-time', pattern: TIME }),
    reason: orNull('string', 'the reason code; NO_DATA: nothing is seen of the machine'),
    work_order: orNull('string', 'the number of the work order'),
    operator: orNull('integer', 'users.id of who is badged in at it'),
    declared: orNull('string', 'the status that somebody has declared'),
    shift: orNull('string', 'the shift in which it was last seen'),
  },
  required: [
    'at',
    'gateway',
    'machine',
    'status',
    'since',
    'reason',
    'work_order',
    'operator',
    'declared',
    'shift',
  ],
}

/** Of whether the gateway is there: what stands on `…/gateway/NAME/availability`. */
const AVAILABILITY: FeedSchema = {
  $schema: DIALECT,
  title: 'availability',
  description: `whether the gateway is there. ${LATER_FIELDS}`,
  type: 'object',
  properties: {
    gateway: { type: 'string', description: 'the name of the gateway' },
    state: {
      type: 'string',
      enum: ['online', 'offline', 'lost'],
      description:
        'online: what its machines show is current; offline: it has said goodbye; lost: the broker has lost it, and nobody knows more',
    },
    at: {
      ...TYPES.time,
      description:
        'since when; where it is lost, when the connection had begun: the broker says it, and knows no other time',
    },
  },
  required: ['gateway', 'state', 'at'],
}

/** One schema with its file and the messages that it is of. */
export interface DescribedMessage {
  /** In the folder of the documents. */
  readonly file: string
  /** The levels behind the cell, or behind the site for what is about the gateway. */
  readonly levels: string
  readonly isOfCell: boolean
  readonly isRetained: boolean
  readonly schema: FeedSchema
}

/** Everything that the feed may say, the events first. */
export function describedMessages(): readonly DescribedMessage[] {
  const events = OUTWARD_KINDS.map((kind) => ({
    file: `event.${kind.kind}.schema.json`,
    levels: eventLevels(kind.kind),
    isOfCell: true,
    isRetained: false,
    schema: eventSchema(kind),
  }))
  return [
    ...events,
    { file: 'status.schema.json', levels: 'status', isOfCell: true, isRetained: true, schema: STANDING },
    {
      file: 'availability.schema.json',
      levels: 'gateway/{gateway}/availability',
      isOfCell: false,
      isRetained: true,
      schema: AVAILABILITY,
    },
  ]
}
