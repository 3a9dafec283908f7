import type { status as english } from '../en/status.ts'
import type { Translated } from '../text-types.ts'

export const status: Translated<typeof english> = {
  running: 'In marcia',
  idle: 'In attesa',
  down: 'Ferma',
  setup: 'Attrezzaggio',
  maintenance: 'Manutenzione',
  available: 'Disponibile',
  decommissioned: 'Dismessa',
  'no-data': 'Nessun dato',
  unknown: 'Mai vista',
}
