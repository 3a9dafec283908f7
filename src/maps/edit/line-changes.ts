/** What another text changes, line by line: the shortest way from one to the other, as far as that is found in reasonable time. */

/** One line of a comparison: of both texts, only of the old one, or only of the new one. */
interface ComparedLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** A device map has hundreds of lines. More different lines than this are shown as removed and added as a whole. */
const COMPARED_MAX = 2_000

/** All lines of both texts, in order. */
export function lineChanges(before: string, now: string): readonly ComparedLine[] {
  const [old, present] = [before.split('\n'), now.split('\n')]
  let start = 0
  while (start < Math.min(old.length, present.length) && old[start] === present[start]) start += 1
  let end = 0
  const rest = Math.min(old.length, present.length) - start
  while (end < rest && old[old.length - 1 - end] === present[present.length - 1 - end]) end += 1
  const [left, right] = [old.slice(start, old.length - end), present.slice(start, present.length - end)]
  return [
    ...lines('same', old.slice(0, start)),
    ...between(left, right),
    ...lines('same', old.slice(old.length - end)),
  ]
}

function between(old: readonly string[], present: readonly string[]): readonly ComparedLine[] {
  const isTooMuch = Math.max(old.length, present.length) > COMPARED_MAX
  if (isTooMuch) return [...lines('removed', old), ...lines('added', present)]
  const lengths = commonLengths(old, present)
  const width = present.length + 1
  const found: ComparedLine[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < present.length) {
    const [left, right] = [old[i], present[j]]
    if (left !== undefined && left === right) {
      found.push({ kind: 'same', text: left })
      i += 1
      j += 1
    } else if (
      left !== undefined &&
      (right === undefined || at(lengths, i + 1, j, width) >= at(lengths, i, j + 1, width))
    ) {
      found.push({ kind: 'removed', text: left })
      i += 1
    } else {
      found.push({ kind: 'added', text: right ?? '' })
      j += 1
    }
  }
  return found
}

/** For each two places, how many lines the rests of both texts have in common: a table, row by row. */
function commonLengths(old: readonly string[], present: readonly string[]): Uint16Array {
  const width = present.length + 1
  const lengths = new Uint16Array((old.length + 1) * width)
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = present.length - 1; j >= 0; j--) {
      const isSame = old[i] === present[j]
      lengths[i * width + j] = isSame
        ? at(lengths, i + 1, j + 1, width) + 1
        : Math.max(at(lengths, i + 1, j, width), at(lengths, i, j + 1, width))
    }
  }
  return lengths
}

function at(lengths: Uint16Array, i: number, j: number, width: number): number {
  return lengths[i * width + j] ?? 0
}

function lines(kind: ComparedLine['kind'], texts: readonly string[]): readonly ComparedLine[] {
  return texts.map((text) => ({ kind, text }))
}
