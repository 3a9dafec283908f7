/** Each thing has one noun in each language of the pages, whoever wrote the page on which it is named. */
import { expect, test } from 'vitest'
import { de } from '../../../console/src/texts/de.ts'
import { hr } from '../../../console/src/texts/hr.ts'
import { it } from '../../../console/src/texts/it.ts'

/** A noun that was used beside the one that stands for the thing. */
const OTHER_NOUNS: readonly (readonly [language: object, thing: string, other: RegExp])[] = [
  [de, 'Karte', /\bMaps?\b|Gerätebeschreibung|die Beschreibung\b/],
  [de, 'Zustellung', /Lieferung/],
  [de, 'Auftrag', /Arbeitsauftr/],
  [de, 'Ziel', /\bRouten?/],
  [it, 'centrale', /sistema centrale/],
  [it, 'lettore', /scanner\b(?!:)/i],
  [it, 'destinazione', /\b[Rr]ott[ae]\b/],
  [hr, 'mapa', /\b[Kk]art(a|e|u|i|om)\b/],
  [hr, 'gateway', /pristupnik/i],
  [hr, 'skener', /[čČ]itač/],
  [hr, 'centrala', /središnjic/i],
  [hr, 'dnevnik', /\bzapis(a|om)?\b/],
  [hr, 'greška', /pogrešk/],
  [hr, 'redci', /\breci\b/],
]

test.each(OTHER_NOUNS)('a page names a thing by one noun (%#)', (language, _thing, other) => {
  expect(textsOf(language).filter((text) => other.test(text) && !text.includes('docs/'))).toEqual([])
})

function textsOf(texts: unknown): readonly string[] {
  if (typeof texts === 'string') return [texts]
  return typeof texts === 'object' && texts !== null ? Object.values(texts).flatMap(textsOf) : []
}
