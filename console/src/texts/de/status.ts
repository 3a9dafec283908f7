import type { status as english } from '../en/status.ts'
import type { Translated } from '../text-types.ts'

export const status: Translated<typeof english> = {
  running: 'Läuft',
  idle: 'Wartet',
  down: 'Steht',
  setup: 'Rüsten',
  maintenance: 'Wartung',
  available: 'Verfügbar',
  decommissioned: 'Stillgelegt',
  'no-data': 'Keine Daten',
  unknown: 'Noch nie gesehen',
}
