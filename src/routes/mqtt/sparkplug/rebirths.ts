/** When the gateway is born again because hosts ask for it: not more often than once in a few seconds, however many ask. Pure. */
import { decodePayload } from '../../../mqtt/sparkplug/payload.ts'

/** The metric by which hosts ask. */
export const REBIRTH = 'Node Control/Rebirth'
/** Between two births. A host that asks with every message would leave no time for data. */
const PAUSE_MS = 5_000

/** Whether a command to the edge node asks for its birth. Other commands are none that this gateway obeys. */
export function asksForBirth(payload: Uint8Array): boolean {
  const decoded = decodePayload(payload)
  return (
    'payload' in decoded &&
    decoded.payload.metrics.some(({ name, value }) => name === REBIRTH && value === true)
  )
}

export class Rebirths {
  #bornAtMs: number | undefined
  #isWanted = false

  want(): void {
    this.#isWanted = true
  }

  /** A birth answers everybody who has asked before it. @param monoMs by the monotonic clock */
  born(monoMs: number): void {
    this.#bornAtMs = monoMs
    this.#isWanted = false
  }

  /** In how many ms the next birth is due; undefined where nobody wants one. */
  dueInMs(monoMs: number): number | undefined {
    if (!this.#isWanted) return undefined
    return Math.max(0, (this.#bornAtMs ?? Number.NEGATIVE_INFINITY) + PAUSE_MS - monoMs)
  }
}
