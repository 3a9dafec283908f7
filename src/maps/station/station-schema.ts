/** What may stand in a scanner's map, part by part: each part is judged on its own. Defaults stand here. */
import { z } from 'zod'
import { duration } from '../../documents/quantities.ts'
import { text } from '../../documents/text.ts'
import { LOOKUP_COLUMNS } from '../../domain/master-data.ts'
import { SUFFIXES } from '../../domain/scanner.ts'
import type { SCAN_COMMANDS } from '../../domain/station-map.ts'
import { CATEGORIES, DERIVED_STATUSES } from '../../domain/status.ts'
import { placeSchema } from '../place-schema.ts'

/** As long as the columns of central. */
const SCANNER_MAX = 100
const MACHINE_MAX = 100
const PLANT_MAX = 50
const LOCATION_MAX = 255
const SCAN_TYPE_MAX = 50
const REASON_CODE_MAX = 100
const EMPLOYEE_PATTERNS_MAX = 32
const NAME_MAX = 100
const RULES_MAX = 200
const EXAMPLES_MAX = 500
const PREFIX_MAX = 64

/** Commands that make sense for a work order which is scanned alone. */
const DEFAULT_COMMANDS = [
  'START',
  'PAUSE',
  'RESUME',
  'COMPLETE',
  'ISSUE',
] as const satisfies readonly (typeof SCAN_COMMANDS)[number][]

const stationPlace = z
  .strictObject({
    plant: text(PLANT_MAX).optional().describe('plants.code, where it is not the plant of this gateway.'),
    location: text(LOCATION_MAX).optional().describe('As qr_code_scans.location shows it.'),
    machine: text(MACHINE_MAX)
      .optional()
      .describe('machines.machine_code of the machine that is worked at here.'),
  })
  .meta({ title: 'station' })

/** `off` for a time that switches something off. */
function durationOrOff(max: string) {
  return z
    .preprocess((written) => (written === 'off' || written === false ? '0s' : written), duration({ max }))
    .meta({ type: 'string', pattern: '^([0-9]+(\\.[0-9]+)? ?(ms|s|m|h|d)|off)$' })
}

const frame = z
  .strictObject({
    suffix: z.enum(SUFFIXES).default('CR').describe('What the scanner sends behind each code.'),
    strip_prefix: z
      .string()
      .max(PREFIX_MAX)
      .default('')
      .describe('What the scanner puts in front of each code.'),
    aim_id: z
      .enum(['expected', 'optional', 'off'])
      .default('optional')
      .describe('Whether the scanner sends the AIM identifier (]C1) in front of each code.'),
    dedupe: durationOrOff('10m')
      .prefault('2s')
      .describe('The same code again within this time is dropped with the good beep; or off.'),
  })
  .meta({ title: 'frame' })

/** A pattern as it is written; it is compiled by itself. */
const pattern = z.string({ error: 'a pattern in quotes' }).min(1)

const operator = z
  .strictObject({
    badge: z
      .union([pattern, z.array(pattern).min(1).max(EMPLOYEE_PATTERNS_MAX)])
      .optional()
      .describe('Pattern of a badge, with the group employee_code; or a list of them.'),
    idle_logout: duration({ min: '10s', max: '7d' })
      .prefault('30m')
      .describe('A session ends after so long without a scan.'),
    without: z
      .union(
        [
          z.enum(['reject', 'ask'], {
            error: ({ input }) =>
              input === 'station_user'
                ? 'write {station_user: ID}, with the id of a user in central'
                : undefined,
          }),
          z.strictObject({ station_user: z.int().min(1) }).meta({ title: 'without' }),
        ],
        { error: 'reject, ask, or {station_user: ID} with the id of a user in central' },
      )
      .default('reject')
      .describe('What becomes of a scan while nobody is badged in.'),
    station_user: z
      .never({ error: '"station_user" stands under without, as in without: {station_user: 17}' })
      .optional(),
    ask: duration({ min: '1s', max: '10m' })
      .optional()
      .describe('With without: ask, how long a scan waits for a badge; 60s unless written.'),
  })
  .meta({ title: 'operator' })

const STEPS = ['operator', 'work_order', 'command'] as const

const steps = z
  .strictObject({
    need: z
      .array(z.enum(STEPS))
      .refine((need) => STEPS.every((step) => need.includes(step)), {
        error: 'a command always needs all three: [operator, work_order, command]',
      })
      .optional()
      .describe('Always these three; it may be left out.'),
    within: duration({ min: '1s', max: '10m' })
      .prefault('60s')
      .describe('Work order and command come within this time.'),
    any_order: z
      .literal(true, { error: 'only true: they may always come in any order' })
      .optional()
      .describe('Always true; it may be left out.'),
    default_command: z
      .enum(['none', ...DEFAULT_COMMANDS])
      .default('none')
      .describe('What a work order means that is scanned without a command.'),
  })
  .meta({ title: 'steps' })

const tones = z
  .strictObject({
    good: z.unknown().optional().meta({ type: 'string' }),
    bad: z.unknown().optional().meta({ type: 'string' }),
  })
  .meta({ title: 'ack' })

/** What a reason is worth besides its code. */
const reasonMeaning = z
  .strictObject({
    category: z.enum(CATEGORIES).optional(),
    status: z
      .enum(DERIVED_STATUSES.filter((status) => status !== 'running'))
      .optional()
      .describe('The status that scanning it declares: setup for a changeover.'),
    text: text(255).optional().describe('In words, for who reads this file.'),
  })
  .meta({ title: 'a reason' })

const dataIdentifier = text(4)

/** One rule of `rules:`. Whether its keys go together is judged when it is compiled. */
export const scanRuleSchema = z
  .strictObject({
    match: pattern.optional().describe('A pattern that takes the code: ^WO-(?<wo>[0-9]+)$'),
    parse: z
      .enum(['gs1', 'iso15434', 'none'])
      .optional()
      .describe('Takes structured codes; none alone takes every code.'),
    is: text(SCAN_TYPE_MAX).describe(
      'badge, work_order, command, downtime_reason, no_scan, or a word of your own; also the scan_type of the row.',
    ),
    as: text(SCAN_TYPE_MAX)
      .optional()
      .describe('The scan_type of the row, where it is not what the code is.'),
    lookup: z
      .union([text(NAME_MAX), z.array(text(NAME_MAX)).min(1)])
      .optional()
      .meta({ examples: ['any', ...lookupWords()] })
      .describe('Where in central the code is looked up: TABLE.COLUMN, a list of them, or any.'),
    key: text(NAME_MAX).optional().describe('The group, application identifier or field that is looked up.'),
    need: z
      .array(text(NAME_MAX))
      .min(1)
      .optional()
      .describe('Application identifiers, or names of di, that must be there.'),
    di: z
      .record(text(NAME_MAX), z.union([dataIdentifier, z.array(dataIdentifier).min(1)]))
      .optional()
      .describe('Names for data identifiers of ISO 15434, the first that is there counts.'),
    part: text(NAME_MAX).optional().describe('Which barcode this is of a label that has several.'),
    collect: z.array(text(NAME_MAX)).min(2).optional().describe('The parts of that label.'),
    within: duration({ min: '1s', max: '10m' })
      .optional()
      .describe('How long the parts may take; 20s unless written.'),
  })
  .meta({ title: 'a rule' })

/** Every `TABLE.COLUMN` that codes are looked up in. */
export function lookupWords(): readonly string[] {
  return Object.entries(LOOKUP_COLUMNS).flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`),
  )
}

/** One of `examples:`: what is scanned, and what must come of it. */
export const exampleSchema = z
  .strictObject({
    scan: z
      .string()
      .min(1)
      .describe('As the scanner sends it; control characters as <GS>, <RS> and <EOT>. No real badge.'),
    is: text(SCAN_TYPE_MAX).describe('badge, unknown, or what the rule says.'),
  })
  .meta({ title: 'an example' })

/** The parts that stand for themselves; port, patterns, rules, tones and examples are compiled one by one. */
export const stationSchema = z
  .strictObject({
    scanner: text(SCANNER_MAX).describe('The code of the scanner, and of its station.'),
    port: z.unknown().optional(),
    station: stationPlace.prefault({}),
    place: placeSchema.optional().describe('Where in the plant it stands, for live feeds.'),
    frame: frame.prefault({}),
    operator: operator.prefault({}),
    rules: z.unknown().optional(),
    steps: steps.prefault({}),
    ack: tones.prefault({}),
    reasons: z
      .record(text(REASON_CODE_MAX), reasonMeaning)
      .default({})
      .describe('What reasons are worth besides their code.'),
    examples: z.unknown().optional(),
  })
  .meta({ title: "a scanner's map" })

/** For the lists that are compiled item by item. */
export const LIST_MAX = { rules: RULES_MAX, examples: EXAMPLES_MAX } as const

/** The head of a map after validation, with its defaults. */
export type StationHead = z.output<typeof stationSchema>
/** One rule after validation; durations are in ms. */
export type RuleWritten = z.output<typeof scanRuleSchema>
