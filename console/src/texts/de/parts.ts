import type { parts as english } from '../en/parts.ts'
import type { Translated } from '../text-types.ts'

export const parts: Translated<typeof english> = {
  close: 'Schließen',
  cancel: 'Abbrechen',
  again: 'Noch einmal',
  loading: 'Wird geladen …',
  ago: 'vor {time}',
  seconds: '{s} s',
  minutes: '{m} min',
  hours: '{h} h {m} min',
  days: '{d} T {h} h',
  unreachable: 'Das Gateway ist nicht erreichbar.',
  unreachableHint:
    'Prüfen Sie, ob dieses Gerät im selben Netz ist und das Gateway läuft; versuchen Sie es dann noch einmal.',
  notAllowed: 'Das dürfen Sie nicht.',
  notAllowedHint: 'Bitten Sie jemanden, der das Gateway verwaltet, um das Recht dazu.',
  failed: 'Das Gateway antwortete mit einem Fehler ({status}).',
  copy: 'Kopieren',
}
