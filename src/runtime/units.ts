/** Durations and sizes as people write them: a number and its unit, never a bare number. */

const DURATION_UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Powers of 1000, as disks are sold. */
const SIZE_UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  TB: 1_000_000_000_000,
}

/** Milliseconds of `500ms`, `2s`, `1.5m`, `12h`, `7d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, DURATION_UNIT_MS)
}

/** Bytes of `64MB`, `8GB`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, SIZE_UNIT_BYTES)
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)$/.exec(text.trim()) ?? []
  const factor = unit === undefined ? undefined : units[unit]
  return factor === undefined ? undefined : Math.round(Number(number) * factor)
}
