import type { audit as english } from '../en/audit.ts'
import type { Translated } from '../text-types.ts'

export const audit: Translated<typeof english> = {
  intro:
    'Sve što je promijenjeno preko ovih stranica, API-ja i naredbi te što je sam gateway učinio i našao: tko, kada i s kojim ishodom.',
  none: 'Još ništa nije promijenjeno',
  when: 'Kada',
  who: 'Tko',
  what: 'Što',
  from: 'Odakle',
  result: 'Ishod',
  done: 'učinjeno',
  refused: 'odbijeno ({status})',
  nobody: 'nitko prijavljen',
  gateway: 'gateway',
  everybody: 'Svi',
  older: 'Prikaži starije',
  only: 'Samo od',
}
