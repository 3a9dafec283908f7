/**
 * Ids of the codes that rows carry (machines, work orders), as central has them in this transaction; and under which ids this gateway
 * wrote the rows of a machine before, as `edge_gateway.machine` says.
 */
import { escapeLiteral } from 'pg'
import { isText, type Repertoire } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import type { CellValue } from '../../postgres/table-writer.ts'
import type { MesSchema } from './schema.ts'
import type { CodeKind } from './tables/table.ts'
import { timeText } from './time-text.ts'

/** Rows of one code that were written under one id, from a time on. */
export interface MachineStretch {
  readonly code: string
  /** The time of its first row, as events have it. It ends where the next one begins. */
  readonly from: string
  readonly id: number
  /** What the machine with this id is called now. */
  readonly calledNow: string
  /** Whether this gateway wrote rows of the machine under that code later: then its map was corrected. */
  readonly goesOn: boolean
  /** Whether it must be written down again that rows of it are written. */
  readonly isStale: boolean
}

/** What a look-up has found. */
export interface Codes {
  /** Null where there is no code, or central does not know it. */
  idOf(kind: CodeKind, code: CellValue | undefined): number | null
  /** In the order of time; of machines that are gone there is none. */
  stretchesOf(machine: string): readonly MachineStretch[]
}

/** The codes that a batch needs, by kind. */
export type WantedCodes = Readonly<Record<CodeKind, ReadonlySet<string>>>

interface CodeSource {
  readonly table: (schema: MesSchema) => string
  readonly column: string
}

const SOURCES: Readonly<Record<CodeKind, CodeSource>> = {
  machine: { table: ({ machines }) => machines, column: 'machine_code' },
  'work order': { table: ({ workOrders }) => workOrders, column: 'work_order_number' },
}
const KINDS = Object.keys(SOURCES) as readonly CodeKind[]

/** A code as central has it now, or a stretch. */
type FoundRow =
  | { readonly kind: CodeKind; readonly code: string; readonly id: number }
  | ({ readonly kind: 'stretch' } & MachineStretch)

/** Whose rows are looked for. */
interface CodeOwner {
  readonly organizationId: number
  readonly gateway: string
  readonly repertoire: Repertoire
}

/**
 * Looks codes up again in each transaction, because the MES may rename a machine or give its code to another one. Most batches
 * carry the codes of the batch before, so those are asked for together with the beginning of the transaction.
 */
export type CodeBook = ReturnType<typeof createCodeBook>

/** Make one for each link. */
export function createCodeBook(link: Link, schema: MesSchema, owner: CodeOwner) {
  /**
   * The codes that were looked up, also those that central does not know. Each was sent as a parameter first, so PostgreSQL
   * has accepted it as text; only then may it be written into a statement as a literal.
   */
  let asked: WantedCodes = wantedCodes(() => new Set())
  let rows: readonly FoundRow[] = []
  // A server that lacks some characters cannot be asked for a code with them. All of its own can be compared as bytes of UTF8.
  const asText = owner.repertoire === 'unicode'
  const listText = asText ? arrayText : bytesText
  const select = (list: (kind: CodeKind, index: number) => string) => selectText(schema, owner, list)
  return {
    /** A statement without parameters that looks the last codes up again. Its rows go to `take` before any other look-up. */
    againText: () => select((kind) => listText(asked[kind])),
    /** Takes the rows of `againText`. */
    take: (found: readonly unknown[] = []): void => {
      rows = found as readonly FoundRow[]
    },
    /** Makes the next look-up ask the server, whatever is known. */
    forget: (): void => {
      asked = wantedCodes(() => new Set())
    },
    /** What central knows of these codes; asks the server unless all of them were asked for already. */
    lookUp: async (wanted: WantedCodes): Promise<Codes> => {
      const askable = wantedCodes((kind) => new Set([...wanted[kind]].filter(isText)))
      if (!KINDS.every((kind) => isWithin(askable[kind], asked[kind]))) {
        const lists = KINDS.map((kind) => listOf(askable[kind], asText))
        const text = select((_, index) => `$${index + 1}`)
        rows = (await link.query<FoundRow>(text, lists)).rows
        asked = askable
      }
      return codesOf(rows)
    },
  }
}

/** A set of codes for each kind. */
export function wantedCodes(of: (kind: CodeKind) => ReadonlySet<string>): WantedCodes {
  return { machine: of('machine'), 'work order': of('work order') }
}

/** One statement. @param list the codes of a kind, as SQL */
function selectText(
  schema: MesSchema,
  { organizationId, gateway, repertoire }: CodeOwner,
  list: (kind: CodeKind, index: number) => string,
): string {
  const asText = repertoire === 'unicode'
  const isAmong = (column: string, kind: CodeKind, index: number) =>
    `${asText ? column : `convert_to(${column}, 'UTF8')`} = ANY (${list(kind, index)}::${asText ? 'text' : 'bytea'}[])`
  const present = KINDS.map((kind, index) => {
    const { table, column } = SOURCES[kind]
    return `SELECT '${kind}' AS kind, ${column} AS code, id,
        NULL::text AS "from", NULL::text AS "calledNow", NULL::boolean AS "goesOn", NULL::boolean AS "isStale"
      FROM ${table(schema)} WHERE organization_id = ${organizationId} AND ${isAmong(column, kind, index)}`
  })
  const own = (name: string) =>
    `${name}.organization_id = ${organizationId} AND ${name}.gateway_id = ${escapeLiteral(gateway)}`
  // What somebody has renamed a machine to is only read, and without an encoding it may be bytes that nobody can.
  const calledNow = `CASE WHEN m.machine_code <> s.machine_code AND getdatabaseencoding() = 'SQL_ASCII'
      THEN encode(convert_to(m.machine_code, 'SQL_ASCII'), 'escape') ELSE m.machine_code END`
  const stretches = `SELECT 'stretch', s.machine_code, s.machine_id, ${timeText('s.rows_from')}, ${calledNow},
        EXISTS (SELECT FROM edge_gateway.machine l WHERE ${own('l')} AND l.machine_id = s.machine_id
          AND l.machine_code = m.machine_code AND l.rows_from > s.rows_from),
        s.last_at < now() - interval '1 minute'
      FROM edge_gateway.machine s JOIN ${schema.machines} m ON m.organization_id = ${organizationId} AND m.id = s.machine_id
      WHERE ${own('s')} AND ${isAmong('s.machine_code', 'machine', 0)}`
  return [...present, stretches].join(' UNION ALL ')
}

function codesOf(rows: readonly FoundRow[]): Codes {
  const ids = new Map<string, number>()
  const stretches = new Map<string, MachineStretch[]>()
  for (const row of rows) {
    if (row.kind !== 'stretch') ids.set(`${row.kind} ${row.code}`, row.id)
    else if (!stretches.get(row.code)?.push(row)) stretches.set(row.code, [row])
  }
  for (const some of stretches.values()) some.sort((one, other) => (one.from < other.from ? -1 : 1))
  return {
    idOf: (kind, code) => ids.get(`${kind} ${code}`) ?? null,
    stretchesOf: (machine) => stretches.get(machine) ?? [],
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
