/** When a line may be opened again: not as often as its units would, if nobody answers on it. */

/** So many openings in a row may be in vain at once: what hangs up at one request is found out by asking for its parts. */
const IN_VAIN_MAX = 5
/** After them, openings begin at least this far apart, whatever the number of units that wait for one. */
const APART_MS = 500

/** Of one endpoint. Outlasts its lines, which end when all their units are lost. */
export class Openings {
  #inVain = 0
  #begunMs = 0

  /** How long the next one has to wait. */
  waitMs(nowMs: number): number {
    return this.#inVain < IN_VAIN_MAX ? 0 : Math.max(0, this.#begunMs + APART_MS - nowMs)
  }

  begin(nowMs: number): void {
    this.#inVain++
    this.#begunMs = nowMs
  }

  /** Something was answered on the line. */
  answered(): void {
    this.#inVain = 0
  }
}
