/** Many devices show "no value" as one end of the range of 32-bit floats, which is ±3.4028e38. No machine shows such a number otherwise. */
const FLOAT_END = 3.4e38

/** Whether a number is so far out that it stands for none. */
export function isFloatEnd(number: number): boolean {
  return Math.abs(number) >= FLOAT_END
}

/** Why a number that a device shows can be none; undefined where it can. */
export function noNumber(number: number): string | undefined {
  return Number.isFinite(number) && !isFloatEnd(number) ? undefined : `the device shows no number (${number})`
}
