import type { audit as english } from '../en/audit.ts'
import type { Translated } from '../text-types.ts'

export const audit: Translated<typeof english> = {
  intro:
    'Alles, was über diese Seiten, die API und Befehle geändert wurde, und was das Gateway selbst tat und fand: wer, wann und was daraus wurde.',
  none: 'Noch wurde nichts geändert',
  when: 'Wann',
  who: 'Wer',
  what: 'Was',
  from: 'Von',
  result: 'Ergebnis',
  done: 'getan',
  refused: 'abgelehnt ({status})',
  nobody: 'niemand angemeldet',
  gateway: 'das Gateway',
  everybody: 'Alle',
  older: 'Ältere zeigen',
  only: 'Nur von',
}
