/** What somebody does at the machine, and what that is to the MES unless he says otherwise. */
import type { PhaseSaid } from '../../workbench/recorder/recorder.ts'
import type { PhaseMeaning } from '../../workbench/teach/recording.ts'
import type { PhaseAsk } from './teach-shapes.ts'

interface UsualMeaning extends PhaseMeaning {
  readonly label: string
  readonly word: string
}

const MEANINGS: Readonly<Record<PhaseAsk['kind'], UsualMeaning>> = {
  run: { label: 'run', word: 'running', is: 'running' },
  stop: { label: 'stop', word: 'stopped', is: 'idle' },
  emergency_stop: {
    label: 'emergency stop',
    word: 'emergency_stop',
    is: 'down',
    reason: 'emergency_stop',
    category: 'equipment',
  },
  door_open: { label: 'door open', word: 'door_open', is: 'idle', reason: 'door_open' },
  fault: { label: 'fault', word: 'fault', is: 'down', reason: 'machine_fault', category: 'equipment' },
  setup: { label: 'set-up', word: 'setup', is: 'setup' },
  starved: {
    label: 'no material',
    word: 'starved',
    is: 'idle',
    reason: 'material_shortage',
    category: 'material',
  },
  off: { label: 'switched off', word: 'off', is: 'idle', reason: 'switched_off' },
  other: { label: 'other', word: 'other', is: 'idle' },
}

export function saidPhase({ kind, label, status, reason, category, seconds }: PhaseAsk): PhaseSaid {
  const usual = MEANINGS[kind]
  const isUsual = status === undefined || status === usual.is
  return {
    label: label ?? usual.label,
    word: label === undefined ? usual.word : wordOf(label, usual.word),
    is: status ?? usual.is,
    reason:
      reason ??
      (isUsual ? usual.reason : undefined) ??
      (kind === 'other' && label ? wordOf(label, usual.word) : undefined),
    category: category ?? (isUsual ? usual.category : undefined),
    lastsMs: seconds * 1_000,
  }
}

/** `Tool change` is called tool_change in a map. */
function wordOf(label: string, usual: string): string {
  const word = label
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  return word === '' || /^\d/.test(word) ? usual : word
}
