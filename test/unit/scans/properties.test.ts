import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Scan, StationEvent } from '../../../src/domain/events/scan.ts'
import type { Instant } from '../../../src/domain/instant.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import type { BadgeMessage, CodeMeaning, MachineStanding, ScanMessage } from '../../../src/domain/scan.ts'
import { SCAN_COMMANDS, type StationMap } from '../../../src/domain/station-map.ts'
import type { Taken, Tick } from '../../../src/domain/subject.ts'
import type { StationState } from '../../../src/scans/station/station-state.ts'
import type { StationSubject } from '../../../src/scans/station-subject.ts'
import { code, STATION, second, standing, station, stationMap } from '../../support/station.ts'

type Input = ScanMessage | BadgeMessage | Tick

const COLLECT = ['P', 'Q', 'S']
const meaning: fc.Arbitrary<CodeMeaning> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'reference' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'unknown' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      command: fc.constantFrom(...SCAN_COMMANDS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('work_order' as const), workOrder: fc.constantFrom('1', '2') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('downtime_reason' as const),
      reason: fc.constantFrom('jam', 'setup'),
      category: fc.constant(null),
      status: fc.constantFrom(null, 'setup' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      part: fc.constantFrom(...COLLECT),
      collect: fc.constant(COLLECT),
      withinMs: fc.constant(20_000),
    }),
  },
)
const machine: fc.Arbitrary<MachineStanding | null> = fc.option(
  fc
    .record({
      workOrder: fc.constantFrom(null, '1', '2'),
      reasonFor: fc.constantFrom(null, 'current' as const, 'last' as const),
      declared: fc.constantFrom(null, 'setup' as const),
    })
    .map(standing),
)
const step = fc.record({
  /** Mostly within the time of a repeat, sometimes beyond the longest session. */
  waitMs: fc.oneof(
    { weight: 6, arbitrary: fc.nat(3_000) },
    { weight: 2, arbitrary: fc.nat(90_000) },
    { weight: 1, arbitrary: fc.nat(4_000_000) },
  ),
  input: fc.oneof(
    { weight: 8, arbitrary: fc.record({ meaning, variant: fc.nat(2), isClosed: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ operator: fc.constantFrom(7, 8, null), shiftMs: fc.nat(600_000) }) },
    { weight: 2, arbitrary: fc.constant('tick' as const) },
  ),
  machine,
})
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never
const steps = fc.array(step, { maxLength: 40 })

const map: fc.Arbitrary<StationMap> = fc
  .record({
    without: fc.constantFrom<StationMap['operator']['without'][]>('reject', 'ask', { stationUser: 900 }),
    dedupeMs: fc.constantFrom(0, 2_000),
    defaultCommand: fc.constantFrom(null, 'START' as const),
  })
  .map(({ without, dedupeMs, defaultCommand }) => {
    const base = stationMap()
    return {
      ...base,
      payload: { ...base.payload, dedupeMs },
      operator: { ...base.operator, without },
      steps: { ...base.steps, defaultCommand },
    }
  })

/** The text of a code follows from what it means, as a rule of a map has it. */
function textOf(scanned: CodeMeaning, variant: number): string {
  switch (scanned.kind) {
    case 'command':
      return `!${scanned.command}`
    case 'work_order':
      return `WO-${scanned.workOrder}`
    case 'downtime_reason':
      return `RSN:${scanned.reason}`
    case 'part':
      return `${scanned.part}${variant}`
    default:
      return `${scanned.kind}-${variant}`
  }
}

function inputOf({ input, machine: stands }: Step, at: Instant): Input {
  if (input === 'tick') return { kind: 'tick', at }
  const subject = stationOwner(STATION)
  if ('operator' in input) {
    const { operator, shiftMs } = input
    const shiftEndMs = shiftMs > 300_000 ? at.wallMs + shiftMs : null
    const why = operator === null ? 'nobody has it' : null
    return { kind: 'badge', subject, at, badge: 'SECRET-HASH', operator, why, shiftEndMs, machine: stands }
  }
  const { meaning: means, variant, isClosed } = input
  const scanned = code(textOf(means, variant), { meaning: means })
  const reference = { type: 'work_order', id: 1, code: '1', state: isClosed ? 'completed' : 'released' }
  const found =
    means.kind === 'work_order' && means.workOrder === '1' ? { kind: 'one' as const, reference } : null
  return { kind: 'scan', subject, at, code: scanned, found, machine: stands }
}

/** Moments that each step is at; a computer that was restarted before it counts from its own start. */
function momentsOf(all: readonly Step[], boots?: (index: number) => number): readonly Instant[] {
  let ms = 0
  return all.map(({ waitMs }, index) => {
    ms += waitMs
    const boot = boots?.(index) ?? 0
    const at = second(ms / 1_000, `boot-${boot}`)
    return { ...at, monoMs: at.monoMs - boot * 977 }
  })
}

interface Played {
  readonly input: Input
  readonly taken: Taken
  readonly state: string
  readonly held: number
}

/** Plays all steps; `renew` may put another subject in place after each. */
function play(
  stationMapOf: StationMap,
  all: readonly Step[],
  renew: (subject: StationSubject, next: Instant) => StationSubject = (subject) => subject,
  moments = momentsOf(all),
): readonly Played[] {
  let subject = station(stationMapOf)
  return all.map((one, index) => {
    const at = moments[index] ?? second(0)
    if (index > 0) subject = renew(subject, at)
    const input = inputOf(one, at)
    const taken = subject.take(input)
    return { input, taken, state: JSON.stringify(subject.state), held: subject.health().summary.held }
  })
}

function restarted(stationMapOf: StationMap) {
  return (subject: StationSubject, now: Instant) =>
    station(stationMapOf, { state: JSON.parse(JSON.stringify(subject.state)), now })
}

function eventsOf(played: readonly Played[]): readonly StationEvent[] {
  return played.flatMap(({ taken }) => taken.events as readonly StationEvent[])
}

const isRow = (event: StationEvent): event is Scan => event.kind === 'scan'

/** What a user hears and what is stored, without the moments that differ by boot. */
function seen(played: readonly Played[]) {
  return played.map(({ taken }) => ({
    events: taken.events,
    answer: taken.answer,
    context: taken.context?.map(({ at: _, ...context }) => context),
  }))
}

describe('whatever is scanned at a station', () => {
  it('a good answer means that something is stored, or that it is a badge, a command or a repeat', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        const stored = new Set<string>()
        for (const { input, taken } of play(stationMapOf, all)) {
          const verdict = taken.answer?.verdict
          if (input.kind !== 'tick') expect(verdict).toBeDefined()
          if (verdict !== 'good') expect(taken.events).toEqual([])
          if (verdict === 'good' && input.kind === 'scan' && taken.events.length === 0) {
            const isForAll =
              input.code.meaning.kind === 'command' && /^!(CANCEL|LOGOUT)$/.test(input.code.data)
            expect(isForAll || stored.has(input.code.data)).toBe(true)
          }
          for (const event of taken.events as readonly StationEvent[])
            if (isRow(event)) stored.add(event.data)
          // What takes a scan back has no row of its own, and is a repeat likewise when it is read twice.
          if (taken.events.length > 0 && input.kind === 'scan') stored.add(input.code.data)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('each scan is stored once, is counted as not stored, or still waits', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        const played = play(stationMapOf, all)
        const scans = played.filter(({ input }) => input.kind === 'scan')
        const rows = eventsOf(played).filter(isRow).length
        const notStored = notStoredIn(played.at(-1))
        const held = played.at(-1)?.held ?? 0
        const withoutRow = scans.filter(
          ({ taken: { answer, events } }) =>
            answer?.verdict === 'good' && !events.some((one) => one.kind === 'scan'),
        ).length
        const heldAgain = played.filter(({ input, taken }, index) => {
          if (input.kind !== 'scan' || taken.answer?.verdict !== 'held') return false
          return isHeldAgain(played[index - 1], played[index])
        }).length
        const known = rows + notStored + held + withoutRow + heldAgain
        // The same part or command twice before the badge is one part or command after it.
        if (played.some(({ state }) => hasTwins(state))) expect(known).toBeLessThanOrEqual(scans.length)
        // A part that was taken for a repeat may turn out to be the first one of the next label.
        else if (played.some(isRepeatedPart)) expect(known).toBeGreaterThanOrEqual(scans.length)
        else expect(known).toBe(scans.length)
      }),
      { numRuns: 300 },
    )
  })

  it('rows go forward in time, whatever the wall clock does', () => {
    fc.assert(
      fc.property(
        map,
        steps,
        fc.array(fc.integer({ min: -9_000_000, max: 9_000_000 })),
        (one, all, jumps) => {
          const moments = momentsOf(all).map((at, index) => ({
            ...at,
            wallMs: at.wallMs + (jumps[index] ?? 0),
          }))
          const rows = eventsOf(play(one, all, undefined, moments)).filter(isRow)
          rows.forEach((row, index) => {
            if (index > 0) expect(Date.parse(row.at)).toBeGreaterThan(Date.parse(rows[index - 1]?.at ?? ''))
          })
        },
      ),
    )
  })

  it('no session ends or goes on because the wall clock is set', () => {
    fc.assert(
      fc.property(
        map,
        steps,
        fc.array(fc.integer({ min: -9_000_000, max: 9_000_000 })),
        (one, all, jumps) => {
          const moments = momentsOf(all).map((at, index) => ({
            ...at,
            wallMs: at.wallMs + (jumps[index] ?? 0),
          }))
          const verdicts = (played: readonly Played[]) => played.map(({ taken }) => taken.answer)
          expect(verdicts(play(one, all, undefined, moments))).toEqual(verdicts(play(one, all)))
        },
      ),
    )
  })

  it('what is taken back was stored, and is taken back once', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        const events = eventsOf(play(stationMapOf, all))
        const undone = events.flatMap((event, index) => (isRow(event) ? [] : [{ at: event.at, index }]))
        expect(new Set(undone.map(({ at }) => at)).size).toBe(undone.length)
        for (const { at, index } of undone)
          expect(events.slice(0, index).some((event) => isRow(event) && event.at === at)).toBe(true)
      }),
    )
  })

  it('a restart of the gateway at any moment changes nothing', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        expect(seen(play(stationMapOf, all, restarted(stationMapOf)))).toEqual(seen(play(stationMapOf, all)))
      }),
    )
  })

  it('a restart of the computer at any moment changes nothing where its clock is right', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        const moments = momentsOf(all, (index) => Math.floor(index / 3))
        const renewed = play(stationMapOf, all, restarted(stationMapOf), moments)
        expect(seen(renewed)).toEqual(seen(play(stationMapOf, all)))
      }),
    )
  })

  it('its state holds nothing of a badge, and stays small', () => {
    fc.assert(
      fc.property(map, steps, (stationMapOf, all) => {
        for (const { state } of play(stationMapOf, all)) {
          expect(state).not.toContain('SECRET')
          expect(state.length).toBeLessThan(40_000)
        }
      }),
    )
  })

  it('no saved state, however damaged, keeps the station from starting', () => {
    const damaged = fc.oneof(
      fc.jsonValue(),
      fc.tuple(steps, fc.string(), fc.jsonValue()).map(([all, field, value]) => {
        const state = JSON.parse(play(stationMap(), all).at(-1)?.state ?? '{}')
        const fields = Object.keys(state)
        const spoilt = fields[field.length % fields.length] ?? 'session'
        return { ...state, [spoilt]: value }
      }),
    )
    fc.assert(
      fc.property(damaged, (state) => {
        const subject = station(stationMap(), { state })
        expect(subject.take({ kind: 'tick', at: second(1) } as Tick).events).toEqual([])
      }),
    )
  })
})

/** A scan that waits already was read once more: no more scans wait than before, but for those that were given up. */
function isHeldAgain(before: Played | undefined, after: Played | undefined): boolean {
  const givenUp = notStoredIn(after) - notStoredIn(before)
  return (before?.held ?? 0) - givenUp === after?.held
}

/** How many scans were counted as not stored; badges are no scans. */
function notStoredIn(played: Played | undefined): number {
  if (!played) return 0
  const { badge: _, ...refused } = (JSON.parse(played.state) as StationState).refused
  return Object.values(refused).reduce((sum, { count }) => sum + count, 0)
}

/** Whether the same code waits twice for a badge. */
function hasTwins(state: string): boolean {
  const { waiting } = JSON.parse(state) as StationState
  return new Set(waiting.map((scan) => scan.code.data)).size < waiting.length
}

function isRepeatedPart({ input, taken: { answer, events } }: Played): boolean {
  const isPart = input.kind === 'scan' && input.code.meaning.kind === 'part'
  return isPart && answer?.verdict === 'good' && events.length === 0
}
