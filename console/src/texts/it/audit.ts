import type { audit as english } from '../en/audit.ts'
import type { Translated } from '../text-types.ts'

export const audit: Translated<typeof english> = {
  intro:
    'Tutto ciò che è stato cambiato da queste pagine, dall’API e dai comandi, e ciò che il gateway stesso ha fatto e trovato: chi, quando e con quale esito.',
  none: 'Non è stato cambiato ancora nulla',
  when: 'Quando',
  who: 'Chi',
  what: 'Che cosa',
  from: 'Da',
  result: 'Esito',
  done: 'fatto',
  refused: 'rifiutato ({status})',
  nobody: 'nessuno connesso',
  gateway: 'il gateway',
  everybody: 'Tutti',
  older: 'Mostra i precedenti',
  only: 'Solo di',
}
