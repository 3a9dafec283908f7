/** The keys of a code table: numbers, ranges, texts, and `"*"` for all others. */
import type { ReasonLine } from '../../../domain/machine-map.ts'

/** Which codes a key stands for. */
export type CodeMatch = Pick<ReasonLine, 'from' | 'to' | 'shows'>

/** Up to 15 digits a number is exact. */
const NUMBER = '-?\\d{1,15}|0[xX][\\da-fA-F]{1,12}'
const SINGLE = new RegExp(`^(?:${NUMBER})$`)
/** As printed lists write it: 200-249, 0x4300-0x43FF, 200..249, with a hyphen or a dash. */
const SPAN = new RegExp(`^(${NUMBER}) ?(?:-|–|—|\\.\\.) ?(${NUMBER})$`)
const TEXT_MAX = 100

/** Understands a key; undefined where it can be no code. A range may turn out to be empty. */
export function readCodeKey(key: string): CodeMatch | undefined {
  if (key === '*') return {}
  if (SINGLE.test(key)) return { from: Number(key), to: Number(key) }
  const [, from, to] = SPAN.exec(key) ?? []
  if (from !== undefined) return { from: Number(from), to: Number(to) }
  return key.trim() !== '' && key.length <= TEXT_MAX ? { shows: key.trim() } : undefined
}

/** How many codes a line stands for: the fewer, the earlier it is asked. */
export function widthOf({ from, to, shows }: CodeMatch): number {
  if (shows !== undefined) return 0
  return from === undefined || to === undefined ? Number.POSITIVE_INFINITY : to - from
}
