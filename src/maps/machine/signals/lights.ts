/** Signals that are lamps: a bit whose course over time says whether it is on, off or blinks. */
import { pollMsOf } from '../../../domain/device.ts'
import type { LightSignal } from '../../../domain/machine-map.ts'
import type { PerceivedWords } from '../rules/perceived-words.ts'
import type { SignalInDraft } from './compile-signals.ts'

/** A lamp that blinks once a second changes six times within the default window, and is to be read twice between two changes. */
const READINGS_PER_WINDOW = 12
/** A lamp as the derivation follows it; undefined for any other signal. */
export function lightOf({ name, entry }: SignalInDraft): LightSignal | undefined {
  return entry?.window === undefined ? undefined : { kind: 'light', signal: name, windowMs: entry.window }
}

/** What rules may say of a lamp. One that is read too seldom would blink unseen. */
export function lightWords({ windowMs }: LightSignal, { entry, device }: SignalInDraft): PerceivedWords {
  const means = { on: ['on'], off: ['off'], blink: ['blink'] }
  const pollMs = device ? pollMsOf(device, { pollMs: entry?.poll }) : 0
  const pollMaxMs = Math.floor(windowMs / READINGS_PER_WINDOW)
  if (pollMs <= pollMaxMs) return { means }
  const what = `a light that is read every ${pollMs}ms is not seen to blink: one that blinks once a second looks steady then`
  const hint = `poll: ${pollMaxMs}ms or faster for this signal, which is 12 times within its window of ${windowMs / 1_000}s`
  return { means, refused: { blink: { what, hint } } }
}
