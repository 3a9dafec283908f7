/**
 * The file of a mapped route: a site's own tables, and which events go into them. All faults of the file are found, each with its
 * place and the nearest word; no database is asked.
 */
import type { z } from 'zod'
import { isRecord } from '../../documents/draft.ts'
import type { Settling } from '../../documents/section.ts'
import { settleConnection } from '../../postgres/settle-connection.ts'
import { compileRows } from './compile-rows.ts'
import { elsewhereSchema, inCentralSchema, type mappedSchema } from './forms.ts'
import type { MappedDatabase, MappedSettings } from './mapped-route.ts'

/** What the schema makes of the file. */
export type WrittenMapped = z.output<typeof mappedSchema>

/**
 * What the file comes to.
 * @param written undefined where the file has faults; what can be judged all the same is
 * @returns undefined where it has faults, which are then noted in the draft
 */
export function settleMapped(
  settling: Settling,
  written: WrittenMapped | undefined,
): MappedSettings | undefined {
  const to = settleTarget(settling)
  const rows = compileRows(settling.draft)
  if (!written || !to || settling.draft.faults.length > 0) return undefined
  const { batch } = written
  return { to, rows, batch: { rows: batch.rows, lingerMs: batch.linger } }
}

/** Where it goes: the presence of a URL says that it is another database. */
function settleTarget(settling: Settling): MappedDatabase | undefined {
  const { draft } = settling
  const written = draft.at(['to'])
  if (written === undefined) return { database: 'central' }
  const isElsewhere = isRecord(written) && ['url', 'hosts', 'password_file'].some((key) => key in written)
  if (!isElsewhere) {
    const inside = draft.judge(['to'], inCentralSchema)
    return inside && { database: 'central', schema: inside.schema }
  }
  const elsewhere = draft.judge(['to'], elsewhereSchema)
  const connection = settleConnection(settling, ['to'], elsewhere)
  return connection && elsewhere && { database: 'other', connection, schema: elsewhere.schema }
}
