/** How many events a second become durable through the outbox, beside SQLite alone with the same commits. */
import { join } from 'node:path'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { Outbox } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { type BareLog, openBareLog } from '../bare/sqlite-append.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { amended, opened } from '../machine-events.ts'
import { median } from '../statistics.ts'

/** Events handed in at once, and how many in one round. The next burst is handed in while the one before is stored. */
interface Case {
  readonly burst: number
  readonly events: number
  /** Whether each event brings its machine's state along, as the derivation does; then the bare log keeps it too. */
  readonly withState: boolean
}

const CASES: readonly Case[] = [
  { burst: 1, events: 2_000, withState: false },
  { burst: 10, events: 10_000, withState: false },
  { burst: 100, events: 20_000, withState: false },
  { burst: 1_000, events: 50_000, withState: false },
  { burst: 1, events: 2_000, withState: true },
  { burst: 100, events: 20_000, withState: true },
]

const MACHINE = 'M-001'
/** About what the derivation keeps of a machine. */
const STATE = {
  open: opened(MACHINE, 1, 0),
  carry: { running: 0.25, idle: 0.5 },
  lastSeen: { boot: 'boot-1', wallMs: 1, monoMs: 1 },
}

export const append: Benchmark = {
  name: 'append',
  summary: 'events a second into the local log, against bare better-sqlite3 at synchronous=FULL',
  run: async (bench) => {
    await using outbox = await openOutbox({
      file: join(bench.folder, 'outbox.db'),
      retentionMs: 0,
      maxBytes: 4 * 1024 ** 3,
      consumers: [{ name: 'central', must: 'deliver' }],
      bootId: 'boot',
      clock: systemClock,
      log: createLog('silent'),
    })
    const bare = openBareLog(join(bench.folder, 'bare.db'))
    const figures: Figure[] = []
    for (const one of CASES) figures.push(...(await compare(bench, outbox, bare, one)))
    bare.close()
    return figures
  },
}

interface Round {
  readonly outbox: number
  readonly bare: number
  readonly groupSize: number
}

async function compare(bench: Bench, outbox: Outbox, bare: BareLog, one: Case): Promise<readonly Figure[]> {
  const { burst, events, withState } = one
  const state = withState ? STATE : undefined
  const all = eventsOf(bench.quick ? Math.max(burst, events / 20) : events)
  const rounds: Round[] = []
  for (let round = 0; round < (bench.quick ? 1 : 5); round += 1) {
    bench.progress(`  bursts of ${burst}, round ${round + 1}`)
    const stored = await throughOutbox(outbox, all, burst, state)
    const perSecond = perSecondOf(all.length, () => bare.append(all, Math.round(stored.groupSize), state))
    rounds.push({ ...stored, bare: perSecond })
  }
  const load = `append, bursts of ${burst.toLocaleString('en-US')}${withState ? ', with state' : ''}`
  const of = (figure: (round: Round) => number) => median(rounds.map(figure))
  return [
    {
      load,
      measure: 'events/s, outbox / bare SQLite',
      value: of((round) => round.outbox / round.bare),
      unit: 'x',
      aim: { atLeast: 0.8 },
    },
    { load, measure: 'events/s, outbox', value: of((round) => round.outbox), unit: '/s' },
    { load, measure: 'events/s, bare SQLite', value: of((round) => round.bare), unit: '/s' },
    { load, measure: 'events in one commit, both', value: of((round) => round.groupSize), unit: '' },
  ]
}

async function throughOutbox(
  outbox: Outbox,
  events: readonly Event[],
  burst: number,
  state: object | undefined,
): Promise<Omit<Round, 'bare'>> {
  const states = state ? { [machineOwner(MACHINE)]: state } : {}
  let commits = 0
  const stop = outbox.onStored(() => {
    commits += 1
  })
  const beganMs = performance.now()
  let before: Promise<unknown> = Promise.resolve()
  for (let start = 0; start < events.length; start += burst) {
    const at = systemClock.now()
    const entries = events.slice(start, start + burst)
    const handedIn = Promise.all(entries.map((event) => outbox.append({ at, events: [event], states })))
    await before
    before = handedIn
  }
  await before
  const seconds = (performance.now() - beganMs) / 1_000
  stop()
  return { outbox: events.length / seconds, groupSize: events.length / commits }
}

function perSecondOf(count: number, work: () => void): number {
  const beganMs = performance.now()
  work()
  return count / ((performance.now() - beganMs) / 1_000)
}

function eventsOf(count: number): readonly Event[] {
  const intervals = Array.from({ length: Math.ceil(count / 2) }, (_, n) => n)
  return intervals.flatMap((n) => [opened(MACHINE, n, 0), amended(MACHINE, n, 0)]).slice(0, count)
}
