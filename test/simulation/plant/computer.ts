/**
 * The clocks of the gateway's computer. The wall clock may be set, run too fast, and be wrong after a boot; the monotonic one begins
 * anew with each boot. Whatever they show, time in truth goes on.
 */
import type { Clock } from '../../../src/runtime/clock.ts'
import type { VirtualTime } from '../virtual-time.ts'

/** For so long it had been up when the life began. */
const BOOTED_MS = 15_000
/** Its monotonic clock begins so long after the power went, at the earliest. */
const DARK_MS = 2_000

export interface Computer extends Pick<Clock, 'now'> {
  /** Time in truth since the life began, in ms. */
  readonly trueMs: number
  /** What the wall clock shows more than the right time, in ms. */
  readonly wrongByMs: number
  /** The wall clock is set, so that it is wrong by so much. */
  setWrongBy(ms: number): void
  /** From now on the wall clock gains so many ms in a second. */
  drift(msPerSecond: number): void
  /** The power went, and the computer starts again. No process may run on it for the next 10 s. */
  boot(): void
}

export function createComputer(time: VirtualTime): Computer {
  const startWallMs = time.now().wallMs - time.now().monoMs
  let boots = 1
  let bootedAtMs = -BOOTED_MS
  let offsetMs = 0
  let driftPerMs = 0
  let driftFromMs = 0
  const trueMs = () => time.now().monoMs
  const wrongByMs = () => Math.round(offsetMs + (trueMs() - driftFromMs) * driftPerMs)
  return {
    get trueMs() {
      return trueMs()
    },
    get wrongByMs() {
      return wrongByMs()
    },
    now: () => ({
      boot: `boot-${boots}`,
      wallMs: startWallMs + trueMs() + wrongByMs(),
      monoMs: trueMs() - bootedAtMs,
    }),
    setWrongBy: (ms) => {
      offsetMs = ms
      driftFromMs = trueMs()
    },
    drift: (msPerSecond) => {
      offsetMs = wrongByMs()
      driftFromMs = trueMs()
      driftPerMs = msPerSecond / 1_000
    },
    boot: () => {
      boots += 1
      bootedAtMs = trueMs() + DARK_MS
    },
  }
}
