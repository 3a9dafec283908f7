/**
 * Rules and words that all PackML numberings share, since they speak in names.
 *
 * Held is an internal cause, Suspended an external one (starved or blocked): that is the difference between `down` and `idle`.
 * Execute in manual mode is setup, not running, so the mode comes first.
 */
import type { PresetRule } from './preset.ts'

export const packmlRules: readonly PresetRule[] = [
  { when: { mode: 'maintenance' }, is: 'maintenance' },
  { when: { mode: 'manual' }, is: 'setup' },
  { when: { state: ['aborted', 'held'] }, is: 'down', reason: 'from stop_id' },
  { when: { state: 'execute' }, is: 'running' },
  { when: { state: 'suspended', starved: true }, is: 'idle', reason: 'starved', category: 'material' },
  { when: { state: 'suspended', blocked: true }, is: 'idle', reason: 'blocked', category: 'process' },
  { else: true, is: 'idle' },
]

/**
 * Where a server shows its states in the language of the plant. Only words that can mean one state and no other stand here: one
 * that is not here decides nothing, and `status` asks for a name of it.
 */
export const packmlTexts: Readonly<Record<string, string>> = {
  Ausführen: 'execute',
  Produktion: 'execute',
  Gestoppt: 'stopped',
  Leerlauf: 'idle',
  Abgebrochen: 'aborted',
  Gehalten: 'held',
  Ausgesetzt: 'suspended',
  Abgeschlossen: 'complete',
  Starten: 'starting',
  Stoppen: 'stopping',
  Abbrechen: 'aborting',
  Zurücksetzen: 'resetting',
  Abschließen: 'completing',
  Esecuzione: 'execute',
  'In esecuzione': 'execute',
  Arrestato: 'stopped',
  Sospeso: 'suspended',
  Completato: 'complete',
  Exécution: 'execute',
  'En exécution': 'execute',
  Arrêté: 'stopped',
  Abandonné: 'aborted',
  Suspendu: 'suspended',
  Terminé: 'complete',
}
