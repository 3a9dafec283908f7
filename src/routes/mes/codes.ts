/**
 * Ids of the codes that rows carry (machines, work orders, plants, people), as central has them in this transaction; and under which
 * ids this gateway wrote the rows of a machine before, as `edge_gateway.machine` says.
 */
import { isText } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import type { CellValue } from '../../postgres/table-writer.ts'
import { CODE_KINDS, type CodeOwner, codesText, isAskedAsText } from './codes-sql.ts'
import type { MesSchema } from './schema.ts'
import type { CodeKind } from './tables/table.ts'

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
  /** In the order of time; none under the id of a machine that central has no more. */
  stretchesOf(machine: string): readonly MachineStretch[]
}

/** The codes that a batch needs, by kind. */
export type WantedCodes = Readonly<Record<CodeKind, ReadonlySet<string>>>

/** A code as central has it now, or a stretch. */
type FoundRow =
  | { readonly kind: CodeKind; readonly isSecond: boolean; readonly code: string; readonly id: number }
  | ({ readonly kind: 'stretch' } & MachineStretch)

/** Numbers of people are ids, which are positive and have 31 bits. */
const PERSON = /^[1-9]\d{0,9}$/
const PERSON_MAX = 2_147_483_647

/**
 * Looks codes up again in each transaction, because the MES may rename a machine or give its code to another one. What a transaction
 * is about is mostly known when it begins, and is asked for together with its beginning.
 */
export type CodeBook = ReturnType<typeof createCodeBook>

/** Make one for each link. */
export function createCodeBook(link: Link, schema: MesSchema, owner: CodeOwner) {
  /** The codes that were looked up, also those that central does not know. */
  let asked: WantedCodes = NO_CODES
  let found: Promise<readonly FoundRow[]> = Promise.resolve([])
  const isUnicode = owner.repertoire === 'unicode'
  const ask = (wanted: WantedCodes): void => {
    asked = wanted
    const kinds = kindsOf(asked)
    const lists = kinds.map((kind) => listOf(asked[kind], isAskedAsText(kind, isUnicode)))
    const text = codesText(schema, owner, kinds, (kind) => `$${kinds.indexOf(kind) + 1}`)
    found = link.query<FoundRow>(text, lists).then(({ rows }) => rows)
    found.catch(() => undefined) // Whoever takes the answer sees it. Where nobody does, the commit fails.
  }
  return {
    /**
     * Asks within a transaction that has just begun, in the same moment.
     * @param wanted what the transaction is about, where that is known; else what the last one was about is asked for
     * @returns when it is answered, or refused; whoever looks something up meets the refusal
     */
    begin: async (wanted: WantedCodes = asked): Promise<void> => {
      const askable = askableOf(wanted)
      asked = NO_CODES
      found = Promise.resolve([])
      if (isAny(askable)) ask(askable)
      await found.catch(() => undefined)
    },
    /** Makes the next look-up ask the server, whatever is known. */
    forget: (): void => {
      asked = NO_CODES
    },
    /** What central knows of these codes; asks the server unless all of them were asked for in this transaction. */
    lookUp: async (wanted: WantedCodes): Promise<Codes> => {
      const askable = askableOf(wanted)
      // Those that are known already are asked for once more: what follows in this transaction may want them again.
      if (!CODE_KINDS.every((kind) => isWithin(askable[kind], asked[kind]))) ask(both(askable, asked))
      return codesOf(await found, owner.access.reads('users', 'id'))
    },
  }
}

/** A set of codes for each kind. */
export function wantedCodes(of: (kind: CodeKind) => ReadonlySet<string>): WantedCodes {
  return {
    machine: of('machine'),
    'work order': of('work order'),
    plant: of('plant'),
    person: of('person'),
  }
}

const NO_CODES = wantedCodes(() => new Set())

function isAny(codes: WantedCodes): boolean {
  return CODE_KINDS.some((kind) => codes[kind].size > 0)
}

function both(some: WantedCodes, others: WantedCodes): WantedCodes {
  return wantedCodes((kind) => new Set([...some[kind], ...others[kind]]))
}

/** Without those that surely are in no table. */
function askableOf(wanted: WantedCodes): WantedCodes {
  return wantedCodes((kind) => new Set([...wanted[kind]].filter((code) => canAsk(kind, code))))
}

/** The kinds to ask for: those of which there are codes, and machines, since their stretches are asked for in any case. */
function kindsOf(codes: WantedCodes): readonly CodeKind[] {
  return CODE_KINDS.filter((kind) => kind === 'machine' || codes[kind].size > 0)
}

function canAsk(kind: CodeKind, code: string): boolean {
  return kind === 'person' ? PERSON.test(code) && Number(code) <= PERSON_MAX : isText(code)
}

/** @param knowsPeople where the site has no table of people, or does not let it be read, the server alone refuses strangers */
function codesOf(rows: readonly FoundRow[], knowsPeople: boolean): Codes {
  const ids = new Map<CodeKind, Map<string, number>>(CODE_KINDS.map((kind) => [kind, new Map()]))
  const stretches = new Map<string, MachineStretch[]>()
  for (const row of rows) {
    if (row.kind === 'stretch') {
      if (!stretches.get(row.code)?.push(row)) stretches.set(row.code, [row])
    } else if (!row.isSecond || !ids.get(row.kind)?.has(row.code)) ids.get(row.kind)?.set(row.code, row.id)
  }
  for (const some of stretches.values()) some.sort((one, other) => (one.from < other.from ? -1 : 1))
  return {
    idOf: (kind, code) => {
      if (code === null || code === undefined) return null
      if (kind === 'person' && !knowsPeople) return typeof code === 'number' ? code : null
      return ids.get(kind)?.get(String(code)) ?? null
    },
    stretchesOf: (machine) => stretches.get(machine) ?? [],
  }
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((code) => whole.has(code))
}

function listOf(codes: ReadonlySet<string>, asText: boolean): readonly (string | Buffer)[] {
  return asText ? [...codes] : [...codes].map((code) => Buffer.from(code))
}
