/** How far the course of a perceived signal was known, as version 4 saves it. */
import type { Fields } from '../../domain/events/fields.ts'
import { instant, instantOrNull } from '../../domain/saved-state.ts'
import type { AnalogMemory } from '../seeing/perceived/analog.ts'
import type { Course } from '../seeing/perceived/course.ts'
import type { LightMemory } from '../seeing/perceived/light.ts'
import { type PulseMemory, STAGES } from '../seeing/perceived/pulse.ts'

/** @throws Unreadable */
export function course(fields: Fields): Course {
  const shown = fields.groupOrNull('shown')
  const common = {
    signal: fields.text('signal'),
    device: fields.text('device'),
    raw: fields.numberOrFlag('raw'),
    isReadable: fields.flag('isReadable'),
    shown: shown ? { value: shown.text('value'), since: instant(shown, 'since') } : null,
    knownTo: instantOrNull(fields, 'knownTo'),
    followedTo: instant(fields, 'followedTo'),
  }
  const memory = fields.group('memory')
  const kind = fields.word('kind', ['light', 'pulse', 'analog'] as const)
  switch (kind) {
    case 'light':
      return { kind, ...common, memory: lightMemory(memory) }
    case 'pulse':
      return { kind, ...common, memory: pulseMemory(memory) }
    case 'analog':
      return { kind, ...common, memory: analogMemory(memory) }
  }
}

function lightMemory(fields: Fields): LightMemory {
  const changes = fields.groupOrNull('changes')
  return {
    isOn: fields.flag('isOn'),
    changes: changes
      ? {
          first: instant(changes, 'first'),
          last: instant(changes, 'last'),
          isBlinking: changes.flag('isBlinking'),
        }
      : null,
  }
}

function pulseMemory(fields: Fields): PulseMemory {
  const count = fields.group('count')
  return {
    count: { value: count.number('value'), doubted: count.numberOrNull('doubted') },
    missed: fields.number('missed'),
    readAt: instant(fields, 'readAt'),
    stage: fields.word('stage', STAGES),
    from: instant(fields, 'from'),
    isSlow: fields.flag('isSlow'),
    cyclesMs: fields.list('cyclesMs').map(Number),
  }
}

function analogMemory(fields: Fields): AnalogMemory {
  return {
    at: instant(fields, 'at'),
    value: fields.number('value'),
    stretches: fields
      .groups('stretches')
      .map((stretch) => ({ ms: stretch.number('ms'), area: stretch.number('area') })),
    word: fields.textOrNull('word') === null ? null : fields.word('word', ['running', 'stopped'] as const),
    settledTo: instant(fields, 'settledTo'),
  }
}
