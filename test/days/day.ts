/** A day in the life of a machine: what its map is like, and what happens to it and to its gateway, chapter by chapter. */
import fc from 'fast-check'
import type { End } from '../support/play-gateway.ts'

/** What the map of the machine is like, and how it is read. */
export interface Setting {
  /** One PLC; beside it a power meter that no rule reads; or a gate on a second device, which comes first in the rules. */
  readonly devices: 'one' | 'meter' | 'gate'
  /** Lengths of chapters are counted in polls, so that a day of slow polls is a long one. */
  readonly pollS: number
  /** How late the PLC's changes arrive, in seconds; 0 for one that is polled. */
  readonly lateS: number
  /** Whether a heartbeat is among the signals. */
  readonly heart: boolean
  /** Whether statuses are debounced as by default, or believed at once. */
  readonly debounced: boolean
  /** Whether the computer has a clock of its own; without one it goes on at a boot where it stopped, and is set a little later. */
  readonly battery: boolean
  /** How long before a UTC midnight the day begins, in polls. */
  readonly midnight: number
  /** Whether people scan the work order; if not, the PLC shows it. */
  readonly staffed: boolean
}

export type State = 'run' | 'ready' | 'fault' | 'setup' | 'service'

/** `polls` is how long it lasts. */
export type Chapter =
  | { readonly kind: 'state'; readonly state: State; readonly code: number; readonly polls: number }
  | { readonly kind: 'gate'; readonly open: boolean; readonly polls: number }
  | { readonly kind: 'order'; readonly order: string; readonly polls: number }
  | { readonly kind: 'bad'; readonly polls: number }
  | { readonly kind: 'frozen'; readonly polls: number }
  | { readonly kind: 'cut'; readonly device: Part; readonly told: boolean; readonly polls: number }
  | { readonly kind: 'stall'; readonly polls: number }
  | {
      readonly kind: 'restart'
      readonly how: End
      readonly reboot: boolean
      readonly polls: number
      readonly silent: number
    }
  | { readonly kind: 'step'; readonly seconds: number }
  | { readonly kind: 'scan'; readonly scan: Scan; readonly polls: number }

/** What somebody scans. Each reason is given a code of its own. */
export type Scan =
  | { readonly kind: 'order'; readonly order: string | null }
  | { readonly kind: 'reason'; readonly isNewStop: boolean }
  | { readonly kind: 'declare'; readonly status: 'setup' | 'maintenance' | 'available' }
  | { readonly kind: 'release' }

/** The part of the machine whose cable is out. */
export type Part = 'plc' | 'other' | 'all'

export interface Day {
  readonly setting: Setting
  readonly chapters: readonly Chapter[]
}

const blip = fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10)
const stretch = fc.integer({ min: 3, max: 60 })
const long = fc.integer({ min: 60, max: 300 })
const polls = fc.oneof(
  { weight: 3, arbitrary: blip },
  { weight: 4, arbitrary: stretch },
  { weight: 1, arbitrary: long },
)

const state = fc.record({
  kind: fc.constant('state' as const),
  state: fc.constantFrom<State>('run', 'run', 'ready', 'fault', 'setup', 'service'),
  code: fc.constantFrom(0, 0, 101, 210),
  polls,
})
const gate = fc.record({ kind: fc.constant('gate' as const), open: fc.boolean(), polls })
const order = fc.record({
  kind: fc.constant('order' as const),
  order: fc.constantFrom('', 'WO-1', 'WO-2'),
  polls,
})
const bad = fc.record({ kind: fc.constant('bad' as const), polls: fc.oneof(blip, stretch) })
const frozen = fc.record({ kind: fc.constant('frozen' as const), polls: stretch })
const cut = fc.record({
  kind: fc.constant('cut' as const),
  device: fc.constantFrom<Part>('plc', 'other', 'all'),
  told: fc.boolean(),
  polls: fc.oneof(blip, stretch, long),
})
const stall = fc.record({ kind: fc.constant('stall' as const), polls: stretch })
const restart = fc.record({
  kind: fc.constant('restart' as const),
  how: fc.constantFrom<End>('stop', 'kill', 'power'),
  reboot: fc.boolean(),
  polls: fc.oneof(stretch, fc.integer({ min: 250, max: 700 })),
  silent: fc.constantFrom(0, 0, 5, 50),
})
const step = fc.record({
  kind: fc.constant('step' as const),
  seconds: fc.constantFrom(-7_200, -90, -1.5, -0.3, 0.3, 1.5, 90, 7_200),
})

const scanOf = (scan: fc.Arbitrary<Scan>) => fc.record({ kind: fc.constant('scan' as const), scan, polls })
const orderScan = fc.record({
  kind: fc.constant('order' as const),
  order: fc.constantFrom('WO-1', 'WO-2', 'WO-3', null),
})
const reasonScan = fc.record({
  kind: fc.constant('reason' as const),
  isNewStop: fc.constantFrom(false, false, false, true),
})
const declareScan = fc.record({
  kind: fc.constant('declare' as const),
  status: fc.constantFrom('setup' as const, 'maintenance' as const, 'available' as const),
})
const releaseScan = fc.record({ kind: fc.constant('release' as const) })

/** Chapters of the days in which the wall clock is never set. */
const calm = fc.oneof(
  { weight: 10, arbitrary: state },
  { weight: 1, arbitrary: gate },
  { weight: 2, arbitrary: order },
  { weight: 1, arbitrary: bad },
  { weight: 1, arbitrary: frozen },
  { weight: 2, arbitrary: cut },
  { weight: 1, arbitrary: stall },
  { weight: 2, arbitrary: restart },
)

const setting = fc
  .record({
    devices: fc.constantFrom<Setting['devices']>('one', 'one', 'meter', 'gate'),
    pollS: fc.constantFrom(1, 1, 1, 5, 60, 600),
    lateS: fc.constantFrom(0, 0, 0, 0.45, 2, 4.9),
    heart: fc.boolean(),
    debounced: fc.constantFrom(true, true, true, false),
    battery: fc.constant(true),
    staffed: fc.constant(false),
    midnight: fc.integer({ min: 1, max: 800 }),
  })
  .map((one) => ({
    ...one,
    lateS: one.devices === 'one' && one.pollS === 1 ? one.lateS : 0,
    // Left out: which device a heartbeat vouches for where a rule needs only another one, and how a stop is held for twelve hours
    // while a machine answers whose heart has not beaten yet.
    heart: one.heart && one.devices !== 'gate' && one.pollS <= 60,
  }))

function dayOf(chapter: fc.Arbitrary<Chapter>): fc.Arbitrary<Day> {
  const chapters = fc.array(chapter, { minLength: 1, maxLength: 20 }).map(unlessRebooted)
  return fc.record({ setting, chapters })
}

/** A clock that is set after a reboot may have been wrong since then, or not: nobody can know. */
function unlessRebooted(chapters: readonly Chapter[]): readonly Chapter[] {
  const reboot = chapters.findIndex((chapter) => chapter.kind === 'restart' && chapter.reboot)
  return chapters.filter(({ kind }, index) => kind !== 'step' || reboot < 0 || index < reboot)
}

function staffed({ setting: one, chapters }: Day): Day {
  return { setting: { ...one, staffed: true }, chapters: one.lateS > 0 ? chapters.map(unsplit) : chapters }
}

/** Left out: a stop that is split at a scan, and of which a late change says then that it had ended before. */
function unsplit(chapter: Chapter): Chapter {
  if (chapter.kind !== 'scan' || chapter.scan.kind !== 'reason') return chapter
  return { ...chapter, scan: { ...chapter.scan, isNewStop: false } }
}

/**
 * Days on which the wall clock is right, also with people who scan, and who declare what the machine does; on which it is right only
 * some time after a boot; and on which it is set now and then.
 */
export const KINDS = {
  calm: dayOf(calm),
  unset: dayOf(calm).map(({ setting: one, chapters }) => ({
    // Left out: very slow polls, with which a gateway is played that seldom notes that it runs, and one that stands still when the
    // computer loses its power, and noted that too long before.
    setting: { ...one, battery: false, pollS: Math.min(one.pollS, 60) },
    chapters: chapters.filter(({ kind }) => kind !== 'stall'),
  })),
  staffed: dayOf(
    fc.oneof(
      { weight: 8, arbitrary: calm },
      { weight: 5, arbitrary: scanOf(fc.oneof(orderScan, reasonScan)) },
    ),
  ).map(staffed),
  declared: dayOf(
    fc.oneof(
      { weight: 8, arbitrary: calm },
      { weight: 2, arbitrary: scanOf(fc.oneof(orderScan, reasonScan)) },
      { weight: 3, arbitrary: scanOf(fc.oneof(declareScan, declareScan, releaseScan)) },
    ),
  ).map(({ setting: one, chapters }) =>
    // Left out: when a run began of which a gateway that was killed has forgotten the beginning; which part of one a heart vouches for
    // that stands still; and changes of before a release that come after it.
    staffed({
      setting: { ...one, heart: false, lateS: 0 },
      chapters: chapters.map((chapter) =>
        chapter.kind === 'restart' ? { ...chapter, how: 'stop' as const } : chapter,
      ),
    }),
  ),
  // Which moment a stamp stands for cannot be told where changes are late and the clock is set as well.
  stepped: dayOf(fc.oneof({ weight: 8, arbitrary: calm }, { weight: 2, arbitrary: step })).map(
    ({ setting: one, chapters }) => ({ setting: { ...one, lateS: 0 }, chapters }),
  ),
}

export type Kind = keyof typeof KINDS

/** A day as a story that people can read, one line a chapter. */
export function storyOf({ setting: one, chapters }: Day): string {
  return [JSON.stringify(one), ...chapters.map((chapter) => `  ${JSON.stringify(chapter)}`)].join('\n')
}
