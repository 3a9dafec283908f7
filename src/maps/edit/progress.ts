/** What became of a map that was saved, from taking it in to the end of its trial. */
import type { MapStanding } from '../follow-maps.ts'
import type { SubjectEffect } from './judge-draft.ts'

/**
 * `waiting`: its file has not been read yet; `on_trial`: it is in force, and its machine was not read with it yet; `kept`: it
 * was; `untried`: it is in force, and nobody can tell, since its machine was not read before either; `rolled_back`: nothing could be read
 * with it, and the one before it is in force again; `not_taken`: something else in its file keeps the last good one in force;
 * `replaced`: another one has come into force since; `gone`: its file was taken away.
 */
type ProgressState =
  | 'waiting'
  | 'on_trial'
  | 'kept'
  | 'untried'
  | 'rolled_back'
  | 'not_taken'
  | 'replaced'
  | 'gone'

/** How it goes for one subject. */
interface MapProgress {
  readonly state: ProgressState
  /** Why it was not taken or taken back. */
  readonly why: string | undefined
  /** For how long nothing could be read with it although its device was asked. */
  readonly unreadMs: number
}

/** @param effect what saving it was to do */
export function progressOf(
  { inForce, trial }: MapStanding,
  effect: Pick<SubjectEffect, 'content' | 'what'>,
): MapProgress {
  const unreadMs = trial?.unreadMs ?? 0
  const is = (state: MapProgress['state'], why?: string): MapProgress => ({ state, why, unreadMs })
  if (effect.content === undefined) return is(inForce ? 'waiting' : 'gone')
  if (!inForce) return is('waiting')
  const why = inForce.faults.map(({ message }) => message).join('; ')
  if (inForce.isRolledBack) return is('rolled_back', why)
  if (inForce.isLastGood) return is('not_taken', why)
  if (inForce.content !== effect.content) return is('replaced')
  // Nothing that the gateway goes by has changed: there is nothing to try.
  if (effect.what === '') return is('kept')
  const states = { 'goes on': 'on_trial', read: 'kept', failed: 'on_trial', untried: 'untried' } as const
  return is(trial ? states[trial.outcome] : 'untried')
}
