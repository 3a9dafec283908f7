/**
 * Whole minutes for a column that is an INTEGER, by error diffusion: what rounding leaves over is carried to the next
 * interval of the same status (or downtime of the same reason), so that sums stay within half a minute of the truth for
 * ever. One carry for a whole machine would fall in step with regular cycles (a minute of running, half a minute of idle)
 * and be as wrong as rounding each interval by itself.
 */
export function wholeMinutes(
  durationMs: number,
  carryMs: number,
): { readonly minutes: number; readonly carryMs: number } {
  const totalMs = durationMs + carryMs
  const minutes = Math.max(0, Math.round(totalMs / 60_000))
  return { minutes, carryMs: Math.round(totalMs - minutes * 60_000) }
}
