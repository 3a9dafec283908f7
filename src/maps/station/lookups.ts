/** Where a rule's code is looked up in central. */
import type { DocumentDraft } from '../../documents/draft.ts'
import { nearestWord } from '../../documents/nearest-word.ts'
import type { Path } from '../../documents/place.ts'
import { LOOKUP_COLUMNS, type LookupPlace, type LookupTable } from '../../domain/master-data.ts'
import { lookupWords } from './station-schema.ts'
import { stationWordHint } from './words.ts'

/** In place of a list: everything that codes are looked up in. */
const ANY = 'any'
/** A code is looked up nowhere. */
const NONE = 'none'

const PLACES: readonly LookupPlace[] = (Object.keys(LOOKUP_COLUMNS) as LookupTable[]).flatMap((table) =>
  LOOKUP_COLUMNS[table].map((column) => ({ table, column })),
)

/** Faults are noted in the draft. @param written after validation: a text or a list of texts */
export function compileLookup(
  draft: DocumentDraft,
  path: Path,
  written: string | readonly string[],
): readonly LookupPlace[] {
  if (written === ANY) return PLACES
  if (written === NONE) return []
  const words = typeof written === 'string' ? [written] : written
  return words.flatMap((word, index) => {
    const at = typeof written === 'string' ? path : [...path, index]
    const place = placeOf(word)
    if (!place) draft.fault(at, `no code is looked up in "${word}"`, hintFor(word))
    else if (words.indexOf(word) < index) draft.fault(at, `"${word}" stands here twice`)
    else return [place]
    return []
  })
}

function placeOf(word: string): LookupPlace | undefined {
  return PLACES.find(({ table, column }) => word === `${table}.${column}`)
}

function hintFor(word: string): string | undefined {
  const [name = '', column = ''] = word.split('.')
  const tables = Object.keys(LOOKUP_COLUMNS)
  const table = nearestWord(name, tables)
  if (table === undefined) return `${ANY}, or a column of ${tables.join(', ')}`
  const columns = lookupWords().filter((place) => place.startsWith(`${table}.`))
  return column === '' ? `one of: ${columns.join(', ')}` : stationWordHint(word, columns)
}
