/** Ids of the codes that rows carry (machines, work orders), as central has them in this transaction. */
import { escapeLiteral } from 'pg'
import { isText, type Repertoire } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import type { CellValue } from '../../postgres/table-writer.ts'
import type { MesSchema } from './schema.ts'
import type { CodeKind } from './tables/table.ts'

/** The ids that a look-up has found. */
export interface Codes {
  /** Null where there is no code, or central does not know it. */
  idOf(kind: CodeKind, code: CellValue | undefined): number | null
  /** Why a row that carries this code cannot be written, and what to do; undefined where it can. */
  refusalOf(kind: CodeKind, code: CellValue | undefined): string | undefined
  /** Whether rows that carry any of these codes can be written. */
  haveAll(wanted: WantedCodes): boolean
}

/** The codes that a batch needs, by kind. */
export type WantedCodes = Readonly<Record<CodeKind, ReadonlySet<string>>>

interface CodeSource {
  readonly table: (schema: MesSchema) => string
  readonly column: string
  /** What to do about a code that central does not know; absent where the row lands without it. */
  readonly remedy?: string
}

/** A work order that central does not know is no reason to refuse what the machine did. */
const SOURCES: Readonly<Record<CodeKind, CodeSource>> = {
  machine: {
    table: ({ machines }) => machines,
    column: 'machine_code',
    remedy: 'create it in the MES (machines.machine_code), or correct the code in its device map',
  },
  'work order': { table: ({ workOrders }) => workOrders, column: 'work_order_number' },
}
const KINDS = Object.keys(SOURCES) as readonly CodeKind[]

interface CodeRow {
  readonly kind: CodeKind
  readonly code: string
  readonly id: number
}

/**
 * Looks codes up again in each transaction, because the MES may rename a machine or give its code to another one. Most batches
 * carry the codes of the batch before, so those are asked for together with the beginning of the transaction.
 */
export type CodeBook = ReturnType<typeof createCodeBook>

/** Make one for each link. */
export function createCodeBook(
  link: Link,
  schema: MesSchema,
  { organizationId, repertoire }: { readonly organizationId: number; readonly repertoire: Repertoire },
) {
  /**
   * The codes that were looked up, also those that central does not know. Each was sent as a parameter first, so PostgreSQL
   * has accepted it as text; only then may it be written into a statement as a literal.
   */
  let asked: WantedCodes = wantedCodes(() => new Set())
  let rows: readonly CodeRow[] = []
  // A server that lacks some characters cannot be asked for a code with them. All of its own can be compared as bytes of UTF8.
  const asText = repertoire === 'unicode'
  const select = (list: (kind: CodeKind, index: number) => string) =>
    KINDS.map((kind, index) => {
      const { table, column } = SOURCES[kind]
      const compared = asText ? column : `convert_to(${column}, 'UTF8')`
      return `SELECT '${kind}' AS kind, ${column} AS code, id FROM ${table(schema)}
        WHERE organization_id = ${organizationId} AND ${compared} = ANY (${list(kind, index)}::${asText ? 'text' : 'bytea'}[])`
    }).join(' UNION ALL ')
  const listText = asText ? arrayText : bytesText
  return {
    /** A statement without parameters that looks the last codes up again. Its rows go to `take` before any other look-up. */
    againText: () => select((kind) => listText(asked[kind])),
    /** Takes the rows of `againText`. */
    take: (found: readonly unknown[] = []): void => {
      rows = found as readonly CodeRow[]
    },
    /** Makes the next look-up ask the server, whatever is known. */
    forget: (): void => {
      asked = wantedCodes(() => new Set())
    },
    /** The ids of these codes; asks the server unless all of them were asked for already. */
    lookUp: async (wanted: WantedCodes): Promise<Codes> => {
      const askable = wantedCodes((kind) => new Set([...wanted[kind]].filter(isText)))
      if (!KINDS.every((kind) => isWithin(askable[kind], asked[kind]))) {
        const lists = KINDS.map((kind) => listOf(askable[kind], asText))
        rows = (
          await link.query<CodeRow>(
            select((_, index) => `$${index + 1}`),
            lists,
          )
        ).rows
        asked = askable
      }
      return codesOf(link, rows)
    },
  }
}

/** A set of codes for each kind. */
export function wantedCodes(of: (kind: CodeKind) => ReadonlySet<string>): WantedCodes {
  return { machine: of('machine'), 'work order': of('work order') }
}

function codesOf(link: Link, rows: readonly CodeRow[]): Codes {
  const ids = new Map(rows.map(({ kind, code, id }) => [`${kind} ${code}`, id]))
  const idOf: Codes['idOf'] = (kind, code) => ids.get(`${kind} ${code}`) ?? null
  const refusalOf: Codes['refusalOf'] = (kind, code) => {
    const { remedy } = SOURCES[kind]
    if (remedy === undefined || typeof code !== 'string' || idOf(kind, code) !== null) return undefined
    return `${link.peer.name} knows no ${kind} "${code}"; ${remedy}`
  }
  return {
    idOf,
    refusalOf,
    haveAll: (wanted) => KINDS.every((kind) => [...wanted[kind]].every((code) => !refusalOf(kind, code))),
  }
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((code) => whole.has(code))
}

function arrayText(codes: ReadonlySet<string>): string {
  return `ARRAY[${[...codes].map((code) => escapeLiteral(code)).join(', ')}]`
}

function bytesText(codes: ReadonlySet<string>): string {
  return `ARRAY[${[...codes].map((code) => `decode('${Buffer.from(code).toString('hex')}', 'hex')`).join(', ')}]`
}

function listOf(codes: ReadonlySet<string>, asText: boolean): readonly (string | Buffer)[] {
  return asText ? [...codes] : [...codes].map((code) => Buffer.from(code))
}
