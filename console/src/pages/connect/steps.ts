/** The steps from a device to a machine that is read, in their order. */
import type { PlainTextKey } from '../../texts/catalogue.ts'
import { missingField } from './device-keys.ts'
import type { ConnectDraft } from './draft.ts'

export const STEPS = ['device', 'address', 'signals', 'teach', 'machine', 'review', 'alive'] as const
export type Step = (typeof STEPS)[number]

/** The title of each. */
export const STEP_TITLES: Readonly<Record<Step, PlainTextKey>> = {
  device: 'connect.device',
  address: 'connect.address',
  signals: 'connect.signals',
  teach: 'connect.teach',
  machine: 'connect.machine',
  review: 'connect.review',
  alive: 'connect.alive',
}

/** Whether there is anything to do on a step yet: the ones before it must have given what it needs. */
export function isReachable(step: Step, draft: ConnectDraft): boolean {
  if (step === 'device') return true
  if (draft.driver === null) return false
  if (step === 'address') return true
  if (missingField(draft)) return false
  if (step === 'review') return draft.machine.trim() !== ''
  return step !== 'alive' || draft.saved !== null
}

/** The step that an address names, or the last one before it that can be done. */
export function stepOf(name: string | undefined, draft: ConnectDraft): Step {
  const wanted = STEPS.find((step) => step === name) ?? 'device'
  const upTo = STEPS.slice(0, STEPS.indexOf(wanted) + 1)
  return upTo.findLast((step) => isReachable(step, draft)) ?? 'device'
}

/** The step behind one; the last has none. */
export function stepAfter(step: Step): Step | undefined {
  return STEPS[STEPS.indexOf(step) + 1]
}

/** The step before one; the first has none. */
export function stepBefore(step: Step): Step | undefined {
  return STEPS[STEPS.indexOf(step) - 1]
}
