import type { troubles as english } from '../en/troubles.ts'
import type { Translated } from '../text-types.ts'

export const troubles: Translated<typeof english> = {
  intro: 'Che cosa non va adesso e che cosa fare. Un problema sparisce da solo appena sparisce la causa.',
  none: 'Nessun problema',
  noneHint:
    'Le macchine vengono lette e ciò che accade raggiunge la centrale. I problemi appaiono qui da soli.',
  since: 'Da {time}',
  unknownSince: 'non si sa da quando',
  do: 'Che cosa fare',
  openMachine: 'Apri {name}',
  openEdit: 'Apri le mappe',
  openConnect: 'Collega',
  openScanners: 'Apri i lettori',
  openDelivery: 'Apri la consegna',
  ofRoute: 'Destinazione {route}: {headline}',
  other: 'Qualcosa non va ({code})',
}
