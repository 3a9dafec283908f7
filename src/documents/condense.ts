/** Keeps a mistake that was made in every line of a long table from hiding all others. */
import type { ConfigFault } from '../domain/errors.ts'

/** Faults that say the same beyond this number are only counted. */
const ALIKE_MAX = 20

/** The faults of one file; of those that say the same, the first ones and how many more there are. */
export function condensed(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  const counts = new Map<string, number>()
  for (const fault of faults) counts.set(kindOf(fault), (counts.get(kindOf(fault)) ?? 0) + 1)
  const shown = new Map<string, number>()
  return faults.flatMap((fault) => {
    const kind = kindOf(fault)
    const before = shown.get(kind) ?? 0
    shown.set(kind, before + 1)
    if (before < ALIKE_MAX) return [fault]
    return before === ALIKE_MAX ? [counted(fault, (counts.get(kind) ?? 0) - ALIKE_MAX)] : []
  })
}

/** Without what it quotes from the file, and without the line. */
function kindOf({ file, message }: ConfigFault): string {
  return `${file} ${message.replaceAll(/"[^"]*"|\d+/g, '…')}`
}

function counted({ file, line, column, path }: ConfigFault, more: number): ConfigFault {
  return { file, line, column, path, message: `and ${more} more like those before` }
}
