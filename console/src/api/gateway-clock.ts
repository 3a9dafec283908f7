/** The gateway's clock: ages are counted by it, since a phone's own may be wrong. */

/** Answers carry whole seconds and take a moment to come: less than this is no difference. */
const NO_DIFFERENCE_MS = 2_000
const HALF_A_SECOND_MS = 500

let aheadMs = 0

/** Learns from the header `date` of an answer that has just come. */
export function noteGatewayDate(date: string | null): void {
  const atMs = date === null ? Number.NaN : Date.parse(date) + HALF_A_SECOND_MS
  if (Number.isNaN(atMs)) return
  const differenceMs = atMs - Date.now()
  aheadMs = Math.abs(differenceMs) > NO_DIFFERENCE_MS ? differenceMs : 0
}

/** Now, in ms since 1970. */
export function gatewayNowMs(): number {
  return Date.now() + aheadMs
}
