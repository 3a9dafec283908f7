/** What a log must hold at a moment of its recorded life, by what the life had handed in and what it had been answered. */
import type { Mark, Phase } from './mark.ts'

/** How far a consumer's cursor may be: its event was acknowledged up to the first, and up to the second it was at least asked for. */
interface CursorBounds {
  readonly least: number
  readonly most: number
}

export interface Expected {
  readonly phase: Phase
  /** Events have the numbers 1, 2, 3 …; up to this one they must be there. */
  readonly stored: number
  /** And up to this one they may. */
  readonly handed: number
  readonly cursors: Readonly<Record<string, CursorBounds>>
  /** A log may be of any of these. */
  readonly epochs: readonly number[]
  /** Events that were changed behind the log's back. */
  readonly damaged: readonly number[]
}

export const AT_FIRST: Expected = {
  phase: 'storing',
  stored: 0,
  handed: 0,
  cursors: {},
  epochs: [1],
  damaged: [],
}

export function afterMark(expected: Expected, mark: Mark): Expected {
  if ('phase' in mark) return { ...expected, phase: mark.phase }
  if ('handed' in mark) return { ...expected, handed: mark.handed }
  // Of events that are stored together, those handed in later may be answered first.
  if ('stored' in mark) return { ...expected, stored: Math.max(expected.stored, mark.stored) }
  if ('consumer' in mark)
    return { ...expected, cursors: { ...expected.cursors, [mark.consumer]: bounds(expected, mark) } }
  if ('adopting' in mark) return { ...expected, epochs: [...expected.epochs, mark.adopting] }
  if ('adopted' in mark) return { ...expected, epochs: [mark.adopted] }
  if ('damaging' in mark)
    return { ...expected, epochs: [...expected.epochs, 1], damaged: [...expected.damaged, mark.damaging] }
  return { ...expected, epochs: [1] }
}

function bounds({ cursors }: Expected, mark: Extract<Mark, { readonly consumer: string }>): CursorBounds {
  const { least, most } = cursors[mark.consumer] ?? { least: 0, most: 0 }
  if ('acknowledging' in mark) return { least, most: Math.max(most, mark.acknowledging) }
  if ('rewinding' in mark) return { least: Math.min(least, mark.rewinding), most }
  return { least: mark.acknowledged, most: mark.acknowledged }
}
