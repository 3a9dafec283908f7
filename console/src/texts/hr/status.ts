import type { status as english } from '../en/status.ts'
import type { Translated } from '../text-types.ts'

export const status: Translated<typeof english> = {
  running: 'Radi',
  idle: 'Čeka',
  down: 'Stoji',
  setup: 'Namještanje',
  maintenance: 'Održavanje',
  available: 'Raspoloživ',
  decommissioned: 'Otpisan',
  'no-data': 'Nema podataka',
  unknown: 'Još nije viđen',
}
