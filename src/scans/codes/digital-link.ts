/**
 * GS1 Digital Link: a web address, of any host, that holds a GS1 key, what qualifies it, and further values:
 * `https://example.com/some/path/01/04012345678901/10/LOT42?17=261231`. The compressed form is not read.
 */
import { checkDigitOf } from './check-digit.ts'
import { gtin14 } from './gs1.ts'
import { type CodeReading, firstOfEach } from './reading.ts'

/** The keys that a link can be about, each with what may qualify it (GS1 Digital Link Standard: URI Syntax). */
const QUALIFIERS: Readonly<Record<string, readonly string[]>> = {
  '00': [],
  '01': ['22', '10', '21', '235'],
  '253': [],
  '255': [],
  '401': [],
  '402': [],
  '414': ['254', '7040'],
  '417': ['7040'],
  '8003': [],
  '8004': ['7040'],
  '8006': ['22', '10', '21'],
  '8010': ['8011'],
  '8013': [],
  '8017': ['8019'],
  '8018': ['8019'],
}

/** Short names that the first version of the standard allowed in place of numbers. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  sscc: '00',
  gtin: '01',
  gdti: '253',
  gcn: '255',
  ginc: '401',
  gsin: '402',
  gln: '414',
  party: '417',
  grai: '8003',
  giai: '8004',
  itip: '8006',
  cpid: '8010',
  gmn: '8013',
  gsrnp: '8017',
  gsrn: '8018',
  cpv: '22',
  lot: '10',
  ser: '21',
  glnx: '254',
  cpsn: '8011',
  srin: '8019',
  exp: '17',
}

type Pair = readonly [ai: string, value: string]

/** What stands in a GS1 Digital Link; null where the text is none. */
export function readDigitalLink(text: string): CodeReading | null {
  const address = /^https?:\/\/[^/?#]+(?<path>\/[^?#]*)(?:\?(?<query>[^#]*))?/i.exec(text)?.groups
  if (!address) return null
  const inPath = pathPairs((address.path ?? '').slice(1).split('/'))
  const key = inPath?.[0]
  if (!inPath || !key) return null
  const check = checkDigitOf(...key)
  if (check === 'not_digits') return null
  return {
    fields: firstOfEach([...inPath, ...queryPairs(address.query ?? '')]),
    isSure: check === 'right',
    marks: check === 'wrong' ? ['check_digit'] : [],
  }
}

/** The key and its qualifiers stand at the end of the path; what is in front of them is the host's own. */
function pathPairs(segments: readonly string[]): readonly Pair[] | null {
  const last = segments.slice(-SEGMENTS_MAX).map(unescaped)
  for (let start = 0; start + 1 < last.length; start++) {
    const pairs = pairsFrom(last.slice(start))
    if (pairs) return pairs
  }
  return null
}
/** A key with its value, and four qualifiers with theirs. */
const SEGMENTS_MAX = 10

function pairsFrom(segments: readonly string[]): readonly Pair[] | null {
  const names = segments.filter((_, i) => i % 2 === 0).map((name) => SHORT_NAMES[name] ?? name)
  const [key = '', ...qualifiers] = names
  const allowed = QUALIFIERS[key]
  const isLink = allowed && segments.length % 2 === 0 && qualifiers.every((name) => allowed.includes(name))
  if (!isLink) return null
  const pairs = names.map((name, i): Pair => [name, segments[2 * i + 1] ?? ''])
  return pairs.every(([, value]) => value !== '') ? pairs.map(withFullGtin) : null
}

function queryPairs(query: string): readonly Pair[] {
  return query
    .split(/[&;]/)
    .map((part) => part.split('=').map(unescaped))
    .map(([name = '', value = '']): Pair => [SHORT_NAMES[name] ?? name, value])
    .filter(([name, value]) => /^\d{2,4}$/.test(name) && value !== '')
}

function withFullGtin([ai, value]: Pair): Pair {
  return [ai, ai === '01' && /^(?:\d{8}|\d{12,13})$/.test(value) ? gtin14(value) : value]
}

/** Percent-encoding undone; a text that is not well encoded is taken as it stands. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
