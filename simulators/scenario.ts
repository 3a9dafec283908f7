/**
 * A scenario: the machines of a line, what their day is like, and what goes wrong meanwhile.
 *
 * Scenarios are YAML files; every key is explained in scenarios/demo.yaml and scenarios/day.yaml. A file with a fault is
 * refused as a whole, and each of its faults is named with its path. A machine without a day is a fault, too.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { checkAnything, checkBroker, checkDay, checkPorts, checkScanners } from './check-scenario.ts'
import { parseDurationMs } from './duration.ts'
import { PLANT_STATES } from './plant-state.ts'
import { tableSchema } from './table/table.ts'

export const FAULTS = ['freeze', 'drop', 'refuse', 'silent', 'delay', 'bad_quality', 'exception'] as const
export type Fault = (typeof FAULTS)[number]

/** A scenario that cannot be played. The message has one line for each fault, with its path. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

/** A number is refused later, for want of its unit. */
const quantity = z.union([z.string(), z.number()])

const durationMs = quantity.transform((written, context) => {
  const ms = parseDurationMs(String(written))
  if (ms !== undefined) return ms
  return refuse(context, `${written} is not a duration`, 'a number and its unit, as in 500ms, 2s or 5m')
})

export interface Range {
  readonly minMs: number
  readonly maxMs: number
}

const range = quantity.transform((written, context): Range => {
  const [minMs, maxMs] = String(written).split('..').map(parseDurationMs)
  if (minMs !== undefined && maxMs !== undefined && minMs <= maxMs) return { minMs, maxMs }
  return refuse(context, `${written} is not a range`, 'from the shorter time to the longer, as in 1.5s..4s')
})

/** `hint` says what would be right; whoever shows the fault puts it behind the message. */
function refuse(context: z.RefinementCtx, message: string, hint: string): never {
  context.addIssue({ code: 'custom', message, params: { hint } })
  return z.NEVER
}

/** The largest number that a press's register holds; other machines keep to it as well. */
const REGISTER_MAX = 65_535
const PORT_MAX = 65_535

function isFaultCode(key: string): boolean {
  return /^[1-9]\d*$/.test(key) && Number(key) <= REGISTER_MAX
}

const category = z.enum(['equipment', 'material', 'quality', 'setup', 'process']).nullable()

const reason = z.strictObject({
  reason: z.string().nullable(),
  category: category.default(null),
})

const faultCode = reason.extend({ stop: z.enum(['aborted', 'held']).default('aborted') })

const step = z.strictObject({
  state: z.enum(PLANT_STATES),
  fault: z.int().min(1).max(REGISTER_MAX).optional(),
  for: durationMs,
})

const randomState = z.strictObject({
  weight: z.number().positive(),
  hold: z.union([range.transform((one) => [one]), z.array(range).min(1)]),
  without_code: z.number().min(0).max(1).default(0),
})

const randomDay = z.strictObject({
  first: z.enum(PLANT_STATES).default('running'),
  states: z.partialRecord(z.enum(PLANT_STATES), randomState),
})

const day = z
  .strictObject({
    script: z.array(step).min(1).optional(),
    repeat: z.boolean().default(false),
    random: randomDay.optional(),
  })
  .refine((value) => (value.script === undefined) !== (value.random === undefined), {
    message: 'a day has either script: or random:, one of them',
    params: {},
  })

const faultAt = z.strictObject({
  at: durationMs,
  fault: z.enum(FAULTS),
  for: durationMs,
  delay: durationMs.default(500),
})

const machine = {
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(PORT_MAX).default(0),
  parts_per_minute: z.number().nonnegative().default(60),
  scrap_every: z.int().min(0).default(20),
  faults: z
    .record(z.string().refine(isFaultCode, `a fault code is a number from 1 to ${REGISTER_MAX}`), faultCode)
    .default({}),
  reasons: z.partialRecord(z.enum(PLANT_STATES), reason).default({}),
  day,
  faults_at: z.array(faultAt).default([]),
}

const PUBLISHED_AS = ['json', 'sparkplug'] as const

const press = z.strictObject({
  kind: z.literal('modbus-press'),
  unit: z.int().min(0).max(255).default(1),
  word_order: z.enum(['ABCD', 'CDAB']).default('CDAB'),
  mqtt: z.array(z.enum(PUBLISHED_AS)).default([]),
  ...machine,
})

const packmlUnit = z.strictObject({
  kind: z.literal('opcua-packml'),
  states: z.enum(['packml-tr88', 'packml-tmc']).default('packml-tr88'),
  ...machine,
})

const machineSpec = z.discriminatedUnion('kind', [press, packmlUnit])

const operator = z.strictObject({
  badge: z.string().min(1),
  orders: z.array(z.string().min(1)).default([]),
  order_for: durationMs.default(15_000),
  reasons: z.record(z.string(), category).default({}),
  reason_after: durationMs.default(800),
  codes: z.array(z.string().min(1)).default([]),
  every: range.default({ minMs: 2_000, maxMs: 4_000 }),
})

const scanner = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(PORT_MAX).default(0),
  machine: z.string(),
  operator,
})

/** A device that stands still: a table of registers, as a manual prints it. */
const deviceSpec = tableSchema.extend({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(PORT_MAX).default(0),
})

const brokerUrl = z.string().regex(/^mqtts?:\/\/[^\s/@]+\/?$/, 'a broker is written as mqtt://HOST:1883')

/** Of another program where there is a `url`; otherwise the simulators bring one, as soon as a press publishes. */
const broker = z
  .strictObject({
    url: brokerUrl.optional(),
    user: z.string().optional(),
    password_file: z.string().optional(),
    host: z.string().optional(),
    port: z.int().min(0).max(PORT_MAX).optional(),
  })
  .superRefine(checkBroker)

/** What a scenario's file may hold. `millrace simulate` judges it with this as well, and knows its lines and columns. */
export const scenarioSchema = z
  .strictObject({
    start: z.enum(['at_once', 'on_command']).default('at_once'),
    seed: z.int().default(1),
    speed: z.number().positive().default(1),
    acting: durationMs.default(100),
    micro_stop_below: durationMs.default(0),
    broker: broker.default({}),
    machines: z
      .record(z.string().min(1), machineSpec.superRefine(checkDay))
      .default({})
      .superRefine(checkPorts),
    devices: z.record(z.string().min(1), deviceSpec).default({}).superRefine(checkPorts),
    scanners: z.record(z.string().min(1), scanner).default({}).superRefine(checkPorts),
  })
  .superRefine(checkScanners)
  .superRefine(checkAnything)

export type Scenario = Readonly<z.infer<typeof scenarioSchema>>
export type MachineSpec = Readonly<z.infer<typeof machineSpec>>
export type PressSpec = Extract<MachineSpec, { kind: 'modbus-press' }>
export type PackmlSpec = Extract<MachineSpec, { kind: 'opcua-packml' }>
export type DeviceSpec = Scenario['devices'][string]
export type ScannerSpec = Scenario['scanners'][string]
export type DaySpec = MachineSpec['day']
export type RandomDay = NonNullable<DaySpec['random']>

/** @throws ScenarioError naming the file and the path of each fault */
export function loadScenario(file: string): Scenario {
  return parseScenario(readScenario(file), basename(file))
}

/** @throws ScenarioError naming the file and the path of each fault */
export function parseScenario(text: string, name: string): Scenario {
  const result = scenarioSchema.safeParse(parseYaml(text, name))
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    const hint = issue.code === 'custom' ? issue.params?.hint : undefined
    return `${name}: ${issue.path.join('.')}: ${issue.message}${hint === undefined ? '' : `; ${hint}`}`
  })
  throw new ScenarioError(faults.join('\n'))
}

function readScenario(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ScenarioError(`${file}: cannot be read, check the path`, { cause })
  }
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ScenarioError(`${name}: is not YAML: ${why}`, { cause })
  }
}
