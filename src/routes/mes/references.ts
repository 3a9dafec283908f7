/**
 * What scanned codes stand for, where the gateway did not know it: central is asked when the scan lands, in the same transaction, once
 * for all scans of a batch. A code that it does not know either, or that several rows have, stands for nothing.
 */
import type { Event } from '../../domain/events/event.ts'
import type { Scan, WantedReference } from '../../domain/events/scan.ts'
import {
  LOOKUP_COLUMNS,
  type LookupPlace,
  type LookupTable,
  REFERENCE_TYPES,
} from '../../domain/master-data.ts'
import { spellingsOf } from '../../domain/spellings.ts'
import { isText } from '../../postgres/encoding.ts'
import { labelIsOurs } from './reference-sql.ts'
import { isScan } from './tables/qr-code-scans.ts'
import type { MesTarget } from './target.ts'

/** What one place says of a code. */
interface FoundCode {
  readonly place: string
  readonly code: string
  readonly type: string
  readonly id: number
  readonly isAlone: boolean
}

/** A scan whose code is to be found. */
interface AskingScan extends Scan {
  readonly reference: WantedReference
}

/** The same events in the same order; a scan whose code central knows says what it stands for. @throws DestinationError */
export async function withReferences(target: MesTarget, events: readonly Event[]): Promise<readonly Event[]> {
  const asking = events.filter(isAsking)
  const found = await findCodes(target, asking)
  if (found.length === 0) return events
  const byCode = new Map(found.map((one) => [`${one.place} ${one.code}`, one]))
  return events.map((event) => (isAsking(event) ? answered(event, byCode) : event))
}

function isAsking(event: Event): event is AskingScan {
  return isScan(event) && event.reference !== null && event.reference.known === null
}

/** The first place that knows the code counts, also where it knows it too often. */
function answered(scan: AskingScan, byCode: ReadonlyMap<string, FoundCode>): Scan {
  const { places, code } = scan.reference
  const found = places
    .flatMap((place) =>
      spellingsOf(place, code).map((spelling) => byCode.get(`${nameOf(place)} ${spelling}`)),
    )
    .find((one) => one !== undefined)
  if (!found) return scan
  if (!found.isAlone) return { ...scan, marks: [...new Set([...scan.marks, 'ambiguous' as const])] }
  return { ...scan, reference: { ...scan.reference, known: { type: found.type, id: found.id } } }
}

async function findCodes(target: MesTarget, scans: readonly AskingScan[]): Promise<readonly FoundCode[]> {
  const wanted = new Map<string, { readonly place: LookupPlace; readonly codes: Set<string> }>()
  for (const { reference } of scans) {
    if (!isText(reference.code)) continue
    for (const place of reference.places.filter((one) => canAsk(target, one))) {
      const asked = wanted.get(nameOf(place)) ?? { place, codes: new Set() }
      for (const spelling of spellingsOf(place, reference.code)) asked.codes.add(spelling)
      wanted.set(nameOf(place), asked)
    }
  }
  const asked = [...wanted.values()]
  if (asked.length === 0) return []
  const text = asked.map(({ place }, index) => placeText(target, place, index + 2)).join(' UNION ALL ')
  const lists = asked.map(({ codes }) => [...codes])
  return (await target.link.query<FoundCode>(text, [target.organizationId, ...lists])).rows
}

/** An event of another version may name a place that is none. */
function canAsk({ access }: MesTarget, { table, column }: LookupPlace): boolean {
  const columns: readonly string[] = Object.hasOwn(LOOKUP_COLUMNS, table) ? LOOKUP_COLUMNS[table] : []
  return (
    columns.includes(column) && access.reads(table, 'organization_id', column, ...referenceColumns(table))
  )
}

/** A label stands for the row that it was printed for. */
function referenceColumns(table: LookupTable): readonly string[] {
  return table === 'barcode_labels' ? ['reference_type', 'reference_id'] : ['id']
}

/** $1 is the organization. @param list the number of the parameter with the codes */
function placeText(target: MesTarget, { table, column }: LookupPlace, list: number): string {
  const { schema, access, organizationId } = target
  const [type, id, isOurs] =
    table === 'barcode_labels'
      ? [
          't.reference_type::text',
          't.reference_id',
          labelIsOurs({ schema, access, tenant: { organizationId } }),
        ]
      : [`'${REFERENCE_TYPES[table]}'::text`, 't.id', 'true']
  return `SELECT '${table}.${column}' AS place, w.code, min(${type}) AS type, min(${id}) AS id,
      count(DISTINCT (${type}, ${id})) = 1 AS "isAlone"
    FROM unnest($${list}::text[]) AS w (code) JOIN ${schema.table(table)} t ON t.${column}::text = w.code
    WHERE t.organization_id = $1 AND ${isOurs} GROUP BY w.code`
}

function nameOf({ table, column }: LookupPlace): string {
  return `${table}.${column}`
}
