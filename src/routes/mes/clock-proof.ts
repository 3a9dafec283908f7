/** How far central's clock is from this gateway's. */
import { askClock } from '../../postgres/clock-comparison.ts'
import type { Primary } from '../../postgres/primary.ts'
import type { Proof } from './proof.ts'

/** With clocks further apart, intervals of the gateway and of other systems disagree. The gateway itself works with any offset. */
const CLOCK_OFFSET_MAX_MS = 2_000
const CLOCK_LOOKS = 3

/** The best of several answers, because the first one comes while the server is still busy with the login. */
export async function clockProof({ link, clock }: Primary): Promise<Proof> {
  for (let times = 0; times < CLOCK_LOOKS; times++) await askClock(link, clock)
  const clockOffsetMs = clock.offsetMs
  const proven = Math.abs(clockOffsetMs) <= CLOCK_OFFSET_MAX_MS
  const advice = proven ? '' : '; synchronise both clocks (NTP)'
  const direction = clockOffsetMs < 0 ? 'behind' : 'ahead of'
  return { what: 'clock', proven, said: `central is ${Math.abs(clockOffsetMs)} ms ${direction} us${advice}` }
}
