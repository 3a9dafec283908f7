/** Texts that a schema has taken without the blanks around them: whoever put them there should know that they do not count. */
import type { Path } from './place.ts'

interface TrimmedText {
  /** Below the value that was judged. */
  readonly path: Path
  /** As it counts. */
  readonly text: string
}

/** @param taken what a schema made of a value */
export function trimmedTexts(written: unknown, taken: unknown, path: Path = []): readonly TrimmedText[] {
  if (typeof written === 'string') {
    return written !== taken && written.trim() === taken ? [{ path, text: taken }] : []
  }
  if (!isGroup(written) || !isGroup(taken)) return []
  const steps = Array.isArray(written) ? [...written.keys()] : Object.keys(written)
  return steps.flatMap((step) => {
    const key = typeof step === 'string' && !Object.hasOwn(taken, step) ? step.trim() : step
    const isTrimmed = key !== step && Object.hasOwn(taken, key)
    const own = isTrimmed ? [{ path: [...path, step], text: String(key) }] : []
    return [...own, ...trimmedTexts(inside(written, step), inside(taken, key), [...path, step])]
  })
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function inside(value: object, step: string | number): unknown {
  return Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined
}
