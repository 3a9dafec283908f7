import type { role as english } from '../en/role.ts'
import type { Translated } from '../text-types.ts'

export const role: Translated<typeof english> = {
  view: 'ansehen',
  configure: 'einrichten',
  administer: 'verwalten',
}
