/** Which kinds of faults one life has: each seed has a subset of its own, so that none hides another in all of them. */
import type { Random } from '../random.ts'

export const FAULTS = [
  'kills',
  'power cuts',
  'stops',
  'stalls',
  'full disk',
  'disk errors',
  'slow syncs',
  'cut links to central',
  'answers that never come',
  'unknown commits',
  'outages',
  'refusals',
  'conflicts',
  'no connections left',
  'restores',
  'failovers',
  'cut devices',
  'late devices',
  'frozen devices',
  'bad values',
  'rebooted devices',
  'chatter',
  'unplugged scanner',
  'noise',
  'clock steps',
  'clock drift',
  'no battery',
  'retention',
] as const
export type Fault = (typeof FAULTS)[number]

/** What the gateway is doing when a fault strikes. */
export const PHASES = ['starting', 'idle', 'storing', 'pushing', 'backlog'] as const
export type Phase = (typeof PHASES)[number]

/** A quarter of the lives have hardly a fault. */
export function drawFaults(random: Random): ReadonlySet<Fault> {
  const chance = random.pick([0.08, 0.2, 0.35, 0.5])
  return new Set(FAULTS.filter(() => random.chance(chance)))
}

/** Faults after which stamps say nothing of the truth. */
export function touchesClock(faults: ReadonlySet<Fault>): boolean {
  return faults.has('clock steps') || faults.has('clock drift') || faults.has('no battery')
}
