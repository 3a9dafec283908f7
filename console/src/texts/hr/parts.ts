import type { parts as english } from '../en/parts.ts'
import type { Translated } from '../text-types.ts'

export const parts: Translated<typeof english> = {
  close: 'Zatvori',
  cancel: 'Odustani',
  again: 'Pokušaj ponovno',
  loading: 'Učitavanje …',
  ago: 'prije {time}',
  seconds: '{s} s',
  minutes: '{m} min',
  hours: '{h} h {m} min',
  days: '{d} d {h} h',
  unreachable: 'Gateway nije dostupan.',
  unreachableHint: 'Provjerite je li ovaj uređaj u istoj mreži i radi li gateway; zatim pokušajte ponovno.',
  notAllowed: 'To ne smijete.',
  notAllowedHint: 'Zatražite to pravo od osobe koja upravlja gatewayem.',
  failed: 'Gateway je odgovorio greškom ({status}).',
  copy: 'Kopiraj',
}
