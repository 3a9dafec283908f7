import type { parts as english } from '../en/parts.ts'
import type { Translated } from '../text-types.ts'

export const parts: Translated<typeof english> = {
  close: 'Chiudi',
  cancel: 'Annulla',
  again: 'Riprova',
  loading: 'Caricamento …',
  ago: '{time} fa',
  seconds: '{s} s',
  minutes: '{m} min',
  hours: '{h} h {m} min',
  days: '{d} g {h} h',
  unreachable: 'Il gateway non è raggiungibile.',
  unreachableHint:
    'Controlla che questo dispositivo sia nella stessa rete e che il gateway funzioni; poi riprova.',
  notAllowed: 'Non ti è permesso.',
  notAllowedHint: 'Chiedi il diritto a chi amministra il gateway.',
  failed: 'Il gateway ha risposto con un errore ({status}).',
  copy: 'Copia',
}
