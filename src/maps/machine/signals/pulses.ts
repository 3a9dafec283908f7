/** A machine that runs as long as pulses come: one for each cycle, of a counter or of a bit. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import type { CyclesOrDuration } from '../../../documents/quantities.ts'
import { valueConditions } from '../../../domain/conditions.ts'
import { pollMsOf } from '../../../domain/device.ts'
import type { PulseSignal, StatusRule } from '../../../domain/machine-map.ts'
import { mapWordHint } from '../../words.ts'
import type { MapHead } from '../map-schema.ts'
import type { PerceivedWords } from '../rules/perceived-words.ts'
import { counterOf, isCounter, type SignalInDraft } from './compile-signals.ts'

/** What rules may say of the signal. A slow machine runs, so its pulses come. */
export const PULSE_WORDS: PerceivedWords = {
  means: { pulsing: ['pulsing', 'slow'], slow: ['slow'], no_pulse: ['no_pulse'] },
}

/** A bit is to be read twice while it is on and twice while it is off, or a pulse is lost. */
const READINGS_PER_PULSE = 4
/** A pulse is seen up to one reading late, and so is the next one. */
const READINGS_PER_STOP = 2

/** The name of the signal that has the pulses, as far as the map says it. */
export function pulseSignal(draft: DocumentDraft): unknown {
  return draft.at(['pulse', 'from'])
}

/** How the derivation follows them; undefined where the map has none, or where they have faults, which are then noted. */
export function compilePulse(
  draft: DocumentDraft,
  written: MapHead['pulse'],
  signals: readonly SignalInDraft[],
): PulseSignal | undefined {
  if (!written) return undefined
  const signal = signals.find(({ name }) => name === written.from)
  if (!signal) {
    const names = signals.map(({ name }) => name)
    draft.fault(['pulse', 'from'], `unknown signal "${written.from}"`, mapWordHint(written.from, names))
    return undefined
  }
  const { ideal_cycle: idealCycleMs } = written
  const pulse: PulseSignal = {
    kind: 'pulse',
    signal: signal.name,
    ...(isCounter(signal) && { counter: counterOf(signal) }),
    idealCycleMs,
    slowAfterMs: inMs(written.slow_after, idealCycleMs),
    stopAfterMs: inMs(written.stop_after, idealCycleMs),
    isLearning: written.learn !== undefined,
  }
  checkSource(draft, signal)
  checkTimes(draft, pulse, signal)
  return pulse
}

/** Cycles as the time that they take at best. */
export function inMs(written: CyclesOrDuration, idealCycleMs: number): number {
  return 'ms' in written ? written.ms : Math.round(written.cycles * idealCycleMs)
}

/** Pulses that no rule asks for decide nothing. */
export function hintAtUnusedPulses(
  draft: DocumentDraft,
  pulse: PulseSignal | undefined,
  rules: readonly StatusRule[],
): void {
  const isAsked = rules.some(({ when }) =>
    valueConditions(when).some(({ signal }) => signal === pulse?.signal),
  )
  if (!pulse || isAsked || draft.faults.length > 0) return
  const message = `no rule asks whether "${pulse.signal}" is pulsing, so that it decides nothing`
  draft.hint(['pulse', 'from'], message, `as in {when: {${pulse.signal}: pulsing}, is: running}`)
}

function checkSource(draft: DocumentDraft, signal: SignalInDraft): void {
  const { entry, name } = signal
  if (!entry || isCounter(signal)) return
  if (entry.window !== undefined)
    draft.fault(['pulse', 'from'], `"${name}" is a light`, 'pulses come from a counter, or from a bit')
  else if (entry.type !== 'bit' && entry.type !== undefined)
    draft.fault(
      ['pulse', 'from'],
      `"${name}" counts nothing: it is a ${entry.type}`,
      'give the signal role: cycle_count',
    )
}

function checkTimes(draft: DocumentDraft, pulse: PulseSignal, { entry, device }: SignalInDraft): void {
  const { idealCycleMs, slowAfterMs, stopAfterMs, counter } = pulse
  const pollMs = device ? pollMsOf(device, { pollMs: entry?.poll }) : 0
  if (slowAfterMs < idealCycleMs)
    draft.fault(['pulse', 'slow_after'], 'this is shorter than the ideal cycle', 'as in 1.7x')
  if (stopAfterMs < slowAfterMs)
    draft.fault(
      ['pulse', 'stop_after'],
      'this is shorter than slow_after',
      'a machine that stands is later than a slow one, as in 3x',
    )
  if (stopAfterMs <= READINGS_PER_STOP * pollMs)
    draft.fault(
      ['pulse', 'stop_after'],
      `the signal is read every ${pollMs}ms, so a pulse may be seen that much late, and the next one in time`,
      `more than ${READINGS_PER_STOP * pollMs}ms, or a faster poll`,
    )
  if (!counter && idealCycleMs < READINGS_PER_PULSE * pollMs)
    draft.fault(
      ['pulse', 'ideal_cycle'],
      `a bit that is read every ${pollMs}ms loses pulses which come every ${idealCycleMs}ms`,
      `poll: ${Math.floor(idealCycleMs / READINGS_PER_PULSE)}ms or faster for this signal, or a counter in place of the bit`,
    )
}
