/**
 * Whole minutes for a column that is an INTEGER, by error diffusion: what rounding leaves over is carried to the next
 * row of the same status (or reason), so that sums stay within half a minute of the truth for ever. One carry a
 * machine would resonate with regular cycles and be as wrong as rounding each row.
 */
export function wholeMinutes(
  durationMs: number,
  carryMs: number,
): { readonly minutes: number; readonly carryMs: number } {
  const totalMs = durationMs + carryMs
  const minutes = Math.max(0, Math.round(totalMs / 60_000))
  return { minutes, carryMs: Math.round(totalMs - minutes * 60_000) }
}
