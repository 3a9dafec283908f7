/** A table of registers as a manual prints it, and where its rows are on the wire. */
import { z } from 'zod'

/** How the manual counts: `modicon` 40001, `from_1` 1 and `from_0` 0 are the first holding register. */
const COUNTS = ['modicon', 'from_1', 'from_0'] as const

const row = z.strictObject({
  table: z.enum(['coil', 'discrete', 'input', 'holding']),
  /** As printed: 30001, 3201, 0x2101. */
  register: z.int().min(0),
  /** What the device sends, in hexadecimal digits, from this register on: `4366 8000`. Of bits `0` or `1`. */
  words: z.string().regex(/^[\dA-Fa-f]{1,4}( [\dA-Fa-f]{1,4})*$/, 'words in hexadecimal digits'),
})

/** The table as a file has it: how it counts, what a request may ask for, and its rows. */
export const tableSchema = z.strictObject({
  unit: z.int().min(0).max(255).default(1),
  counts: z.enum(COUNTS),
  max_registers: z.int().min(1).max(125).default(125),
  max_bits: z.int().min(1).max(2_000).default(2_000),
  registers: z.array(row).min(1),
})

/** A table that has been checked. */
export type TableSpec = Readonly<z.infer<typeof tableSchema>>
type TableRow = TableSpec['registers'][number]

/** Each word by its table and its address on the wire: `holding 100`. */
export function wireTable(spec: TableSpec): ReadonlyMap<string, number> {
  return new Map(
    spec.registers.flatMap((row) =>
      row.words
        .split(' ')
        .map((word, at) => [`${row.table} ${wireOf(row, spec) + at}`, Number.parseInt(word, 16)] as const),
    ),
  )
}

/** Modicon's numbers of five digits have 9,999 registers behind the digit of the table, those of six 65,536. */
function wireOf({ register }: TableRow, { counts }: TableSpec): number {
  if (counts === 'from_0') return register
  if (counts === 'from_1') return register - 1
  return (register % (register < 100_000 ? 10_000 : 100_000)) - 1
}
