/** What may stand in a device map, part by part: each part is judged on its own. Defaults stand here. */
import { z } from 'zod'
import { daySpan } from '../../documents/day-span.ts'
import { duration, ratePerMinute, refuse, shown } from '../../documents/quantities.ts'
import { text } from '../../documents/text.ts'
import { BIT_ORDERS } from '../../domain/bit-order.ts'
import { LATCHES } from '../../domain/machine-map.ts'
import { type Range, readRange, span } from '../../domain/range.ts'
import { SIGNAL_ROLES, SIGNAL_TYPES, TEXT_FORMS, WORD_ORDERS } from '../../domain/signal.ts'
import { CATEGORIES, DERIVED_STATUSES } from '../../domain/status.ts'
import { placeSchema } from '../place-schema.ts'
import { PRESETS } from './presets/index.ts'
import { pulseSchema, stopsSchema } from './stops-schema.ts'

/** A device has no more ways to say that it has no value. */
const INVALID_MAX = 32
/** No machine has more of them a day. */
const BREAKS_MAX = 24
/** Nobody tells more degrees of importance apart. */
const PRIORITY_MAX = 999
/** Longer topics, names of metrics and paths are typing errors. */
const TOPIC_MAX = 1_000
/** As long as the columns of central. */
const REASON_CODE_MAX = 100

/** How often a device or a signal is polled, in ms. */
export const pollSchema = duration({ min: '50ms', max: '1h' })

/** How bits are counted, of a device or a signal. */
export const bitOrderSchema = z.enum(BIT_ORDERS)

/** `2^32` and `65536`: the first value that a counter never shows. */
const rollover = z
  .unknown()
  .transform((input, context): number => {
    const power = /^2\^(\d{1,2})$/.exec(String(input))?.[1]
    const value = power === undefined ? input : 2 ** Number(power)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 2) return value
    return refuse(
      context,
      `${shown(input)} is not where a counter rolls over`,
      'a number such as 65536 or 2^32',
    )
  })
  .meta({ type: ['integer', 'string'] })

/** YAML reads a bare `on` as a word and `true` as a truth value; as a value's name both are words. */
const valueName = z
  .union([z.string(), z.boolean()], { error: 'write number: name, as in 3: fault' })
  .transform((name) => (typeof name === 'string' ? name : name ? 'on' : 'off'))

/** `65535`, `0xFFFF`, or a text; one or several. */
const rawValue = z.union([z.number(), text(255)])

/** What a number may be: `0..400`, `">0"`, or one number. */
const expectedRange = z
  .unknown()
  .transform((input, context): Range => {
    const range = typeof input === 'number' ? span(input, input) : readRange(String(input).trim())
    return range ?? refuse(context, `${shown(input)} is no range`, 'as in 0..400, ">0" or "<=5"')
  })
  .meta({ type: ['number', 'string'] })

/** A number, perhaps with its unit behind it, as in `4.0 A`. */
const limit = z
  .unknown()
  .transform((input, context): { readonly value: number; readonly unit?: string } => {
    if (typeof input === 'number' && Number.isFinite(input)) return { value: input }
    const [, number, unit] = /^(-?\d+(?:\.\d+)?) ?(\D{1,32})$/.exec(String(input).trim()) ?? []
    if (number !== undefined && unit !== undefined) return { value: Number(number), unit: unit.trim() }
    return refuse(context, `${shown(input)} is no number`, 'as in 4.5, or with the unit of the signal: 4.5 A')
  })
  .meta({ type: ['number', 'string'] })

/** What a message that the broker has kept is worth. */
const retainedSchema = z.enum(['uncertain', 'current'])

const address = z.union([z.string(), z.number()], { error: 'an address as the manual prints it' })

/** Of a bit that is a lamp. */
export const LIGHT = 'light'

/** One entry of `signals:`, whatever its driver. */
export const signalSchema = z
  .strictObject({
    at: address.optional().describe('Modbus address, as the manual prints it: 40101, 30017, "40101:12".'),
    node: address.optional().describe('OPC UA node id: nsu=URI;s=NAME.'),
    topic: text(TOPIC_MAX).optional().describe('MQTT: the topic of its messages, which may have + and #.'),
    metric: text(TOPIC_MAX).optional().describe('Sparkplug: the name of the metric, letter by letter.'),
    path: text(TOPIC_MAX)
      .optional()
      .describe('Of topic: where in the JSON, as in ENERGY.Power or list[0].v.'),
    time: text(TOPIC_MAX).optional().describe('Of topic: where in the JSON is when it was measured.'),
    quality: text(TOPIC_MAX).optional().describe('Of topic: where in the JSON is whether it is good.'),
    retained: retainedSchema
      .optional()
      .describe('Of topic: current where its publisher keeps it up to date.'),
    partial: z.boolean().optional().describe('Of topic: a message without it says that it is unchanged.'),
    events: address
      .optional()
      .describe('OPC UA, in place of node: the object that sends the alarms which the signal follows.'),
    severity: expectedRange.optional().describe('Of alarms: others are passed over, as in ">=500".'),
    source: text(255).optional().describe('Of alarms: the name of their source, or its beginning and *.'),
    code: text(255)
      .optional()
      .describe('Of alarms: what is shown of one: condition, source, message, or a field by its name.'),
    from: z.string().optional().describe('Which of several devices has it.'),
    type: z
      .enum([...SIGNAL_TYPES, LIGHT])
      .optional()
      .describe('How it is stored; light: a lamp, which is on, off or blinks.'),
    mask: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
    names: z
      .record(z.string(), valueName)
      .optional()
      .describe('Value: word, so that rules read state: fault. The key "*" names all others.'),
    invalid: z
      .union([rawValue, z.array(rawValue).min(1).max(INVALID_MAX)])
      .optional()
      .describe('By which the device says that it has no value: 0xFFFF, or a list.'),
    expect: expectedRange.optional().describe('A number outside of it decides nothing: 0..400.'),
    word_order: z
      .enum(WORD_ORDERS)
      .optional()
      .describe('Order of its bytes, where it differs from that of the device.'),
    text: z.enum(TEXT_FORMS).optional().describe('How a string lies in its registers.'),
    bit_order: bitOrderSchema
      .optional()
      .describe('How its bits are counted, where it differs from the device.'),
    scale: z.number().optional(),
    offset: z.number().optional(),
    unit: text(32)
      .optional()
      .describe('Of the number, for people: A, °C, bar. It stands behind it and changes nothing.'),
    running_above: limit.optional().describe('Once its average is above this, the machine is running.'),
    stopped_below: limit.optional().describe('Once its average is below this, the machine is stopped.'),
    average: duration({ min: '1s', max: '10m' })
      .optional()
      .describe('Of running_above and stopped_below; 10s unless written.'),
    role: z.enum(SIGNAL_ROLES).optional(),
    poll: pollSchema.optional(),
    stale_after: duration({ max: '24h' })
      .optional()
      .describe('Of a heartbeat: unchanged for this long is stale.'),
    latch: z
      .enum(LATCHES)
      .optional()
      .describe('Of a fault code: which one is the reason of a stop: the first, the last, or by priority.'),
    split_on_code: z
      .boolean()
      .optional()
      .describe('Of a fault code: another code in a stop begins a stop of its own.'),
    settle: duration({ max: '10m' })
      .optional()
      .describe('Of a fault code: how long after the state it may come.'),
    rollover: rollover.optional().describe('Of a counter: the first value that it never shows.'),
    max_rate: ratePerMinute().optional().describe('Of a counter: more than this is a glitch.'),
    parts_per_cycle: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('Of a counter of cycles: so many parts come of each.'),
    window: duration({ min: '500ms', max: '60s' })
      .optional()
      .describe('Of a light: changes within this time are blinking; 3s unless written.'),
  })
  .meta({ title: 'a signal' })

/** One rule of `status:`. What stands under `when:` is compiled by itself. */
export const ruleSchema = z
  .strictObject({
    when: z.unknown().optional().meta({ type: 'object', minProperties: 1 }),
    else: z.literal(true, { error: 'write else: true, and the status under is:' }).optional(),
    is: z.enum(DERIVED_STATUSES, {
      error: ({ input }) =>
        input === 'decommissioned' ? 'only people decommission a machine, in the MES' : undefined,
    }),
    reason: text(200).optional().describe('A reason code, or: from SIGNAL.'),
    category: z.enum(CATEGORIES).optional(),
    for: duration({ max: '1h' }).optional().describe('How long the condition must hold.'),
    release: duration({ max: '1h' })
      .optional()
      .describe('How long it must be gone; as long as `for` unless written.'),
  })
  .meta({ title: 'a status rule' })

/** A reason as central stores it. */
export const reasonCode = text(REASON_CODE_MAX)

/** What a line may say in place of a reason: this value means that there is no fault. */
export const NO_FAULT = 'none'

/** How important a fault is, from 1, the most; a table that is a file has it as a text. */
const priority = z
  .unknown()
  .transform((input, context): number => {
    const number = typeof input === 'string' && /^\d+$/.test(input) ? Number(input) : input
    if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= PRIORITY_MAX) {
      return number
    }
    return refuse(context, `${shown(input)} is no priority`, `1 (the most important) to ${PRIORITY_MAX}`)
  })
  .meta({ type: ['integer', 'string'] })

/** One line of a table of reasons. */
export const reasonSchema = z
  .strictObject({
    code: reasonCode,
    category: z.enum(CATEGORIES).optional(),
    priority: priority.optional().describe('1 is the most important.'),
    text: text(255).optional(),
  })
  .meta({ title: 'a reason' })

/** For editors: the table of one signal, whose lines are judged one by one. */
export const reasonTableSchema = z
  .object({
    file: z
      .string()
      .optional()
      .describe('A table as CSV beside the map, whose first line is fault;code;category;priority;text.'),
    bits: z
      .record(z.string(), z.union([reasonSchema, z.literal(NO_FAULT), z.string()]))
      .optional()
      .describe('Where each bit is a fault: by the number of the bit, 0 being the lowest.'),
  })
  .catchall(z.union([reasonSchema, z.literal(NO_FAULT)]))
  .meta({ title: 'a table of reasons' })

const gapOrHold = z.enum(['gap', 'hold'])

const commLoss = z
  .strictObject({
    after: duration({ max: '24h' })
      .optional()
      .describe('30 s or three polls, whichever is longer, unless written.'),
    hold_max: duration({ max: '7d' }).prefault('12h'),
    available: gapOrHold.default('gap'),
    running: gapOrHold.default('gap'),
    idle: gapOrHold.default('gap'),
    down: gapOrHold.default('hold'),
    setup: gapOrHold.default('hold'),
    maintenance: gapOrHold.default('hold'),
  })
  .meta({ title: 'on_comm_loss' })

const exitAfter = z
  .strictObject({
    cycles: z.int().min(1).max(10_000).default(5).describe('So many cycles are production, and no trial.'),
    or_running: duration({ max: '24h' }).prefault('120s').describe('So is a run of this length.'),
  })
  .meta({ title: 'exit_after' })

/** The parts that stand for themselves; devices, signals, rules and reasons are judged one by one. */
export const headSchema = z
  .strictObject({
    machine: text(100).describe('machines.machine_code'),
    preset: z.enum(PRESETS.map(({ name }) => name)).optional(),
    profile: text(100).optional().describe('A file of devices/profiles, without its ending.'),
    variant: text(100).optional().describe('Which of the models that the profile describes.'),
    with: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe("The profile's words."),
    device: z.unknown().optional(),
    devices: z.unknown().optional(),
    signals: z.unknown().optional(),
    status: z.unknown().optional(),
    reasons: z.unknown().optional(),
    stops: stopsSchema.prefault({}),
    events_for: z.array(z.enum(DERIVED_STATUSES)).max(DERIVED_STATUSES.length).default(['down', 'setup']),
    on_comm_loss: commLoss.prefault({}),
    exit_after: exitAfter.optional().describe('When a run ends a status that somebody has declared.'),
    needs_wo: z
      .boolean()
      .default(false)
      .describe('Not running without a work order is available, for the reason NO_ORDER.'),
    breaks: z
      .array(daySpan())
      .max(BREAKS_MAX)
      .optional()
      .describe('Breaks of this machine, in place of planned.breaks of gateway.yaml: ["12:00-12:30"].'),
    split: z
      .enum(['day', 'shift', 'hour'])
      .default('day')
      .describe('How often a row that goes on is split; at UTC midnight always.'),
    place: placeSchema.optional().describe('Where in the plant it stands, for live feeds.'),
    shadow: z.boolean().default(false).describe('true: it is shown, and nothing of it is stored or sent.'),
    pulse: pulseSchema.optional().describe('A machine that runs as long as pulses come.'),
  })
  .meta({ title: 'a device map' })

/** The head of a map after validation, with its defaults. */
export type MapHead = z.output<typeof headSchema>
/** One entry of `signals:` after validation; durations are in ms. */
export type WrittenSignal = z.output<typeof signalSchema>
/** One rule after validation; durations are in ms. */
export type RuleEntry = z.output<typeof ruleSchema>
