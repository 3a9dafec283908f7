/** A day at a press with two stations, and at a table whose machine has no map: what people scan, and what the press does. */
import fc from 'fast-check'
import type { End } from '../support/play-gateway.ts'

/** `press` refuses scans of nobody, `bench` keeps them for a badge, `table` books them on its own user. */
export const STATIONS = ['press', 'bench', 'table'] as const
export type StationName = (typeof STATIONS)[number]

/** What the press shows. `jam` is a fault with a code that its map knows. */
export type Shown = 'run' | 'ready' | 'fault' | 'jam' | 'setup'

export type Step =
  | { readonly kind: 'scan'; readonly station: StationName; readonly code: string; readonly after: number }
  | { readonly kind: 'press'; readonly shows: Shown; readonly seconds: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'restart'; readonly how: Exclude<End, 'power'>; readonly seconds: number }

export interface Day {
  readonly steps: readonly Step[]
  /** How long before a UTC midnight it begins, in seconds. */
  readonly midnight: number
}

const badge = fc.constantFrom('B1001', 'B1001', 'B1002', 'B5555')
const order = fc.constantFrom('WO-1', 'WO-1', 'WO-2', 'WO-3')
const command = fc.constantFrom('!START', '!START', '!START', '!PAUSE', '!RESUME', '!COMPLETE', '!ISSUE')
const other = fc.constantFrom('!CANCEL', '!UNDO', '!UNDO', '!LOGOUT', '!SPLIT', '!OK_TO_RUN')
const reason = fc.constantFrom('RSN:jam', 'RSN:no_material', 'RSN:changeover', 'RSN:lunch', 'RSN:no_tool')
const label = fc.constantFrom('LBL-1', 'LBL-1', 'LBL-2', 'junk')
const part = fc.constantFrom('P1', 'Q1', 'S1', 'P2')

const code = fc.oneof(
  { weight: 4, arbitrary: badge },
  { weight: 4, arbitrary: order },
  { weight: 4, arbitrary: command },
  { weight: 3, arbitrary: other },
  { weight: 4, arbitrary: reason },
  { weight: 2, arbitrary: label },
  { weight: 2, arbitrary: part },
)
/** Seconds until the next step. */
const after = fc.constantFrom(0, 0, 0.6, 1, 2, 3, 3, 10, 25, 61)
const scan = fc.record({
  kind: fc.constant('scan' as const),
  station: fc.constantFrom<StationName>('press', 'press', 'press', 'bench', 'table'),
  code,
  after,
})
/** What belongs together, as people scan it. */
const round = (codes: readonly string[]) =>
  fc
    .record({ station: scan.map(({ station }) => station), after: fc.constantFrom(1, 1, 3, 62) })
    .map((how) => codes.map((one) => ({ kind: 'scan' as const, code: one, ...how })))
const rounds = fc.oneof(
  ...[
    ['B1001', 'WO-1', '!START'],
    ['!START', 'WO-2', 'B1002'],
    ['WO-1', '!PAUSE'],
    ['WO-1', '!COMPLETE'],
    ['!SPLIT', 'RSN:no_tool'],
    ['B1002', 'P1', 'Q1', 'S1'],
    ['B1001', 'RSN:lunch'],
    ['B1001', 'RSN:changeover'],
  ].map(round),
)
const press = fc.record({
  kind: fc.constant('press' as const),
  shows: fc.constantFrom<Shown>('run', 'run', 'ready', 'fault', 'fault', 'jam', 'setup'),
  seconds: fc.constantFrom(20, 40, 150, 200),
})
const wait = fc.record({
  kind: fc.constant('wait' as const),
  seconds: fc.constantFrom(5, 30, 130, 310, 1_500),
})
const restart = fc.record({
  kind: fc.constant('restart' as const),
  how: fc.constantFrom<'stop' | 'kill'>('stop', 'kill'),
  seconds: fc.constantFrom(3, 20, 100),
})

const steps = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: scan.map((one): readonly Step[] => [one]) },
      { weight: 4, arbitrary: rounds },
      { weight: 4, arbitrary: press.map((one): readonly Step[] => [one]) },
      { weight: 2, arbitrary: wait.map((one): readonly Step[] => [one]) },
      { weight: 1, arbitrary: restart.map((one): readonly Step[] => [one]) },
    ),
    { minLength: 3, maxLength: 40, size: 'max' },
  )
  .map((parts) => parts.flat())

export const days: fc.Arbitrary<Day> = fc.record({ steps, midnight: fc.constantFrom(60, 600, 3_600) })

export function storyOf({ steps: all, midnight }: Day): string {
  return [`${midnight} s before midnight`, ...all.map((one) => `  ${JSON.stringify(one)}`)].join('\n')
}
