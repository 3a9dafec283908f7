import type { troubles as english } from '../en/troubles.ts'
import type { Translated } from '../text-types.ts'

export const troubles: Translated<typeof english> = {
  intro: 'Što sada nije u redu i što učiniti. Smetnja nestaje sama čim nestane njezin uzrok.',
  none: 'Sve je u redu',
  noneHint: 'Strojevi se čitaju i događaji stižu u centralu. Smetnje se ovdje pojavljuju same.',
  since: 'Već {time}',
  unknownSince: 'ne zna se otkad',
  do: 'Što učiniti',
  openMachine: 'Otvori {name}',
  openEdit: 'Otvori mape',
  openConnect: 'Spajanje',
  openScanners: 'Otvori skenere',
  openDelivery: 'Otvori isporuku',
  ofRoute: 'Odredište {route}: {headline}',
  other: 'Nešto nije u redu ({code})',
}
