/** Durations as scenarios write them: a number with its unit, `500ms`, `2s`, `5m`, `12h`, `7d`. */
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds, or undefined where the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit ?? '']
  return unitMs === undefined ? undefined : Number(count) * unitMs
}
