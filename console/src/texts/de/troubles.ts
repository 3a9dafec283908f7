import type { troubles as english } from '../en/troubles.ts'
import type { Translated } from '../text-types.ts'

export const troubles: Translated<typeof english> = {
  intro:
    'Was jetzt nicht in Ordnung ist und was zu tun ist. Eine Störung verschwindet von selbst, sobald ihre Ursache weg ist.',
  none: 'Alles in Ordnung',
  noneHint:
    'Die Maschinen werden gelesen, und was geschieht, erreicht die Zentrale. Störungen erscheinen hier von selbst.',
  since: 'Seit {time}',
  unknownSince: 'seit wann, weiß niemand',
  do: 'Was zu tun ist',
  openMachine: '{name} öffnen',
  openEdit: 'Karten öffnen',
  openConnect: 'Verbinden',
  openScanners: 'Scanner öffnen',
  openDelivery: 'Zustellung öffnen',
  ofRoute: 'Ziel {route}: {headline}',
  other: 'Etwas ist nicht in Ordnung ({code})',
}
