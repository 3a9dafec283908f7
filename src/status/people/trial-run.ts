/**
 * A machine that runs while somebody has declared another status: a trial, which changes nothing, or the beginning of production,
 * which ends the declared status.
 *
 * Cycles may be short runs with pauses, so a pause that is shorter than a micro stop does not begin the count again. Running is
 * claimed only since the present run began, because before that the machine stood.
 */
import { earlierOf, elapsedMs, type Instant } from '../../domain/instant.ts'
import type { ExitAfter, MachineMap, StatusRule } from '../../domain/machine-map.ts'
import { change, type Draft } from '../draft.ts'
import { unsettledOf } from '../state.ts'
import type { DeclaredStatus, TrialRun } from './said.ts'

const EXIT_AFTER: ExitAfter = { cycles: 5, runningMs: 120_000 }

/** Changes parts of the declared status; does nothing where none is. */
export function changeDeclared(draft: Draft, changes: Partial<DeclaredStatus>): void {
  const { said } = draft.state
  if (said.declared) change(draft, { said: { ...said, declared: { ...said.declared, ...changes } } })
}

/** The rules now say this of a machine that is in sight. */
export function followRun(draft: Draft, rule: StatusRule, at: Instant): void {
  const run = draft.state.said.declared?.run ?? null
  const next = rule.is === 'running' ? running(draft.map, run, at) : standing(draft.map, run, at)
  if (next !== run) changeDeclared(draft, { run: next })
}

/** A run of which nothing was seen for long does not go on. */
export function forgetRun(draft: Draft): void {
  if (draft.state.said.declared?.run) changeDeclared(draft, { run: null })
}

/** A counter went on while the machine was seen. That is one cycle, however many parts it made. */
export function countCycle(draft: Draft, signal: string): void {
  const run = draft.state.said.declared?.run
  if (!run || isScrap(draft.map, signal)) return
  const cycles = { ...run.cycles, [signal]: (run.cycles[signal] ?? 0) + 1 }
  changeDeclared(draft, { run: { ...run, cycles } })
}

/**
 * Up to when it is certain that the open interval went on, where a machine has been seen: another status that waits to be believed
 * may have ended it, or a run that may turn out to be production.
 */
export function certainTo({ map, state }: Pick<Draft, 'map' | 'state'>): Instant | null {
  const { phase, lastSeen, said } = state
  const seenTo = unsettledOf(phase)?.since ?? lastSeen
  const run = said.declared?.run
  if (!seenTo || !run) return seenTo
  const isOver = run.pausedSince && elapsedMs(run.pausedSince, seenTo) >= map.stops.ignoreStopBelowMs
  return isOver ? seenTo : earlierOf(seenTo, run.since)
}

/** Whether the run has lasted so long, or made so many cycles, that it is production. */
export function isProduction({ map }: Draft, run: TrialRun, upTo: Instant): boolean {
  const { cycles, runningMs } = map.exitAfter ?? EXIT_AFTER
  const lastedMs = elapsedMs(run.since, upTo)
  if (run.pausedSince || lastedMs < map.stops.ignoreRunBelowMs) return false
  return lastedMs >= runningMs || Math.max(0, ...Object.values(run.cycles)) >= cycles
}

function running({ stops }: MachineMap, run: TrialRun | null, at: Instant): TrialRun {
  if (!run) return { since: at, pausedSince: null, cycles: {} }
  if (!run.pausedSince) return run
  const pausedMs = elapsedMs(run.pausedSince, at)
  if (pausedMs < stops.ignoreStopBelowMs) return { ...run, pausedSince: null }
  return { since: at, pausedSince: null, cycles: pausedMs < stops.microStopBelowMs ? run.cycles : {} }
}

function standing({ stops }: MachineMap, run: TrialRun | null, at: Instant): TrialRun | null {
  if (!run) return null
  if (!run.pausedSince) return { ...run, pausedSince: at }
  return elapsedMs(run.pausedSince, at) < stops.microStopBelowMs ? run : null
}

function isScrap({ devices }: MachineMap, signal: string): boolean {
  return devices.some(({ signals }) =>
    signals.some(({ name, role }) => name === signal && role === 'scrap_count'),
  )
}
