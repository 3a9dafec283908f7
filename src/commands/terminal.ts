/** What a terminal can take: its width and colours. What is no terminal gets whole lines without colours. */
import { styleText } from 'node:util'
import type { CommandContext } from './command.ts'

/** Narrower than this, lines are left to the terminal to break. */
const COLUMNS_MIN = 40

export interface Terminal {
  /** Undefined where lines are not to be broken. */
  readonly columns: number | undefined
  readonly hasColours: boolean
}

/** `NO_COLOR` (https://no-color.org) and `TERM=dumb` are regarded. */
export function terminalOf({
  isTerminal,
  columns,
  env,
}: Pick<CommandContext, 'isTerminal' | 'columns' | 'env'>): Terminal {
  return {
    columns: isTerminal && columns !== undefined && columns >= COLUMNS_MIN ? columns : undefined,
    hasColours: isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
  }
}

type Colour = 'red' | 'green'

/** Paints words where there are colours. */
export function painter({
  hasColours,
}: Pick<Terminal, 'hasColours'>): (colour: Colour, text: string) => string {
  return (colour, text) => (hasColours ? styleText(colour, text, { validateStream: false }) : text)
}

/** Breaks a line between words, and indents what follows. A word that is too long for a line stays whole. */
export function wrapped(text: string, { columns }: Pick<Terminal, 'columns'>, indent: number): string {
  if (columns === undefined || text.length <= columns) return text
  const space = text.slice(0, columns + 1).lastIndexOf(' ')
  const at = space > indent ? space : text.indexOf(' ', columns)
  if (at < 0) return text
  return `${text.slice(0, at)}\n${wrapped(' '.repeat(indent) + text.slice(at + 1), { columns }, indent)}`
}

/** As much of a page from its top as a terminal shows at once: the rest would push its beginning out of sight. */
export function fitting(page: string, { rows }: Pick<CommandContext, 'rows'>): string {
  const lines = page.trimEnd().split('\n')
  if (rows === undefined || lines.length < rows) return page
  const shown = Math.max(1, rows - 2)
  return `${lines.slice(0, shown).join('\n')}\nand ${lines.length - shown} more lines: millrace status shows them\n`
}
