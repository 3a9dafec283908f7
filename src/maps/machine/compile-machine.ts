/**
 * Turns the device map of a machine into what the collector and the derivation work from.
 *
 * It finds all faults of the file and never stops at the first. It touches no device and no clock. What this version cannot
 * act on is a fault: it is never passed over in silence.
 */
import { createDraft, type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import { layered } from '../../documents/layers.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import { contactMsOf } from '../../domain/device.ts'
import type { CommLossPolicy, MachineMap, StatusRule } from '../../domain/machine-map.ts'
import { machineOwner } from '../../domain/owner.ts'
import { judged } from '../judged.ts'
import type { Compiled, MapContext } from '../map-kind.ts'
import { placeOf } from '../place-schema.ts'
import { findProfiles } from '../profiles/find-profiles.ts'
import { SYNONYMS } from '../words.ts'
import { compileDevices, type DeviceDraft } from './compile-devices.ts'
import { headSchema, type MapHead } from './map-schema.ts'
import { mapVersion } from './map-version.ts'
import { PRESETS } from './presets/index.ts'
import type { Preset } from './presets/preset.ts'
import { presetLayer } from './presets/preset-layer.ts'
import { hintAtReasons } from './reasons/check-reasons.ts'
import { compileFaults } from './reasons/compile-reasons.ts'
import { findTables } from './reasons/find-tables.ts'
import type { ConditionContext } from './rules/compile-condition.ts'
import { compilePresetRules, compileRules } from './rules/compile-rules.ts'
import type { SignalWords } from './rules/compile-value.ts'
import { withMeanings } from './rules/meanings.ts'
import { relevantSignals } from './rules/relevant-signals.ts'
import { hintAtShortRuns } from './rules/short-runs.ts'
import { withSharedParts } from './shared-parts.ts'
import { analogOf, analogWords } from './signals/analog.ts'
import { compileSignals, counterOf, isCounter, type SignalInDraft } from './signals/compile-signals.ts'
import { heartbeatOf, hintAtHeartbeats } from './signals/heartbeats.ts'
import { lightOf, lightWords } from './signals/lights.ts'
import { compilePulse, hintAtUnusedPulses, inMs, PULSE_WORDS, pulseSignal } from './signals/pulses.ts'
import { boundsOf } from './signals/value-bounds.ts'

const COMM_LOSS_AFTER_MIN_MS = 30_000
const COMM_LOSS_POLLS = 3

/** The map of a machine with all of its faults; undefined in place of the map where there is any. */
export function compileMachine(source: YamlSource, context: MapContext): Compiled {
  const found = findProfiles(source, context.profiles)
  const named = isRecord(source.value) ? source.value.preset : undefined
  const preset = PRESETS.find(({ name }) => name === named)
  const tables = findTables(source, context.tables)
  const words = preset ? [presetLayer(source, found.layers, preset)] : []
  const layers = [...found.layers, ...tables.layers, ...words]
  const draft = createDraft(layered(source, layers), SYNONYMS)
  const compiled = compileDraft(draft, source.file, context, preset)
  const faults = [...found.faults, ...tables.faults]
  return judged(compiled, draft, context, { profiles: found.texts, tables: tables.texts, faults })
}

function compileDraft(
  draft: DocumentDraft,
  file: string,
  context: MapContext,
  preset: Preset | undefined,
): MachineMap | undefined {
  const head = draft.judge([], headSchema)
  if (!isRecord(draft.at([]))) return undefined
  const devices = compileDevices(draft, context)
  const signals = compileSignals(draft, devices)
  const conditions: ConditionContext = { draft, signals: wordsOfAll(draft, signals) }
  const lacking = preset?.needs.filter((signal) => !conditions.signals?.has(signal)) ?? []
  for (const signal of lacking) {
    draft.fault(['preset'], `the preset ${preset?.name} needs a signal called "${signal}"`)
  }
  const isPresets = preset !== undefined && draft.at(['status']) === undefined
  const presetRules = isPresets && lacking.length === 0 ? preset.rules : []
  const written = isPresets ? compilePresetRules(conditions, presetRules) : compileRules(conditions)
  const rules = withMeanings(written, signals)
  const parts = head && partsOf(draft, head, { devices, signals, rules })
  if (!parts) return undefined
  const transient = preset && transientOf(preset, signals)
  const decisive = { ...parts, ...(transient && { transient }) }
  const version = mapVersion(decisive, devices, signals)
  const map = {
    ...decisive,
    version,
    file,
    devices: finished(parts.machine, devices, signals),
    relevantSignals: relevantSignals(decisive),
    ...(head.place && { place: placeOf(head.place) }),
    ...(head.shadow && { isShadow: true as const }),
  }
  hintAtHeartbeats(draft, signals)
  hintAtReasons(draft, parts.faults, parts.eventsFor)
  hintAtShortRuns(draft, rules, parts.stops.ignoreRunBelowMs)
  return withSharedParts(map)
}

interface Parts {
  readonly devices: readonly DeviceDraft[]
  readonly signals: readonly SignalInDraft[]
  readonly rules: readonly StatusRule[]
}

function partsOf(draft: DocumentDraft, head: MapHead, { devices, signals, rules }: Parts) {
  const workOrder = signals.find(({ entry }) => entry?.role === 'work_order')
  const pulse = compilePulse(draft, head.pulse, signals)
  hintAtUnusedPulses(draft, pulse, rules)
  return {
    machine: head.machine,
    rules,
    stops: stopsOf(draft, head),
    faults: compileFaults(draft, signals, rules),
    heartbeats: signals
      .filter(({ entry }) => entry?.role === 'heartbeat')
      .map((signal) => heartbeatOf(draft, signal)),
    counters: signals.filter(isCounter).map(counterOf),
    perceived: [
      ...signals.flatMap((signal) => lightOf(signal) ?? analogOf(signal) ?? []),
      ...(pulse ? [pulse] : []),
    ],
    ...(workOrder && { workOrderSignal: workOrder.name }),
    eventsFor: head.events_for,
    ...(head.needs_wo && { needsOrder: true as const }),
    ...(head.breaks && { breaks: head.breaks }),
    ...(head.split !== 'day' && { split: head.split }),
    onCommLoss: commLossOf(draft, head, { devices, signals }),
    ...(head.exit_after && {
      exitAfter: { cycles: head.exit_after.cycles, runningMs: head.exit_after.or_running },
    }),
  }
}

/** What people call a stop of a pulse machine that is long: it stands, and nobody has said that it waits. */
const LONG_STOP_OF_PULSES = 'down'

function stopsOf(draft: DocumentDraft, { stops, pulse }: MapHead): MachineMap['stops'] {
  const { micro_stop_below: micro, long_stop_is: written } = stops
  if ('cycles' in micro && !pulse) {
    const what = 'only a pulse machine has an ideal cycle to count in'
    draft.fault(['stops', 'micro_stop_below'], what, 'a duration such as 120s')
  }
  const longStopIs = written ?? (pulse && LONG_STOP_OF_PULSES)
  return {
    ignoreStopBelowMs: stops.ignore_stop_below,
    ignoreRunBelowMs: stops.ignore_run_below,
    microStopBelowMs: inMs(micro, pulse?.ideal_cycle ?? 0),
    ...(longStopIs !== undefined && longStopIs !== 'idle' && { longStopIs }),
  }
}

function commLossOf(
  draft: DocumentDraft,
  head: MapHead,
  { devices, signals }: Omit<Parts, 'rules'>,
): CommLossPolicy {
  const { after, hold_max: holdMaxMs, ...byStatus } = head.on_comm_loss
  const pollsMs = COMM_LOSS_POLLS * Math.max(0, ...finished(head.machine, devices, signals).map(contactMsOf))
  const quietMs = Math.max(0, ...devices.map(quietMsOf))
  const [neededMs, what] =
    quietMs > pollsMs
      ? [quietMs, 'a device may be silent for longer, as its stale_after says']
      : [pollsMs, 'this is less than three polls']
  if (after !== undefined && after < neededMs)
    draft.slip(['on_comm_loss', 'after'], what, `at least ${neededMs}ms`)
  return { afterMs: after ?? Math.max(COMM_LOSS_AFTER_MIN_MS, neededMs), holdMaxMs, byStatus }
}

function quietMsOf({ driver, settings }: DeviceDraft): number {
  return settings === undefined ? 0 : (driver?.quietMaxMs?.(settings) ?? 0)
}

function wordsOfAll(draft: DocumentDraft, signals: readonly SignalInDraft[]) {
  if (!isRecord(draft.at(['signals']))) return undefined
  const tables = keysAt(draft.at(['reasons']))
  const pulsing = pulseSignal(draft)
  return new Map(
    signals.map((signal) => {
      const { name } = signal
      return [name, wordsOf(signal, name === pulsing, tables.includes(name))]
    }),
  )
}

function wordsOf(signal: SignalInDraft, hasPulses: boolean, hasTable: boolean): SignalWords {
  const { entry } = signal
  if (!entry) return { isUnclear: true }
  const { type, names, role } = entry
  const light = lightOf(signal)
  if (light) return { perceived: lightWords(light, signal) }
  const limits = analogWords(signal)
  if (limits) return { perceived: limits }
  if (hasPulses) return { perceived: PULSE_WORDS }
  return { type, names, bounds: boundsOf(entry), isFault: hasTable || role === 'fault_code' }
}

/** The acting states as this map's signal shows them: by their names. */
function transientOf({ transient }: Preset, signals: readonly SignalInDraft[]) {
  if (!transient) return undefined
  const names = signals.find(({ name }) => name === transient.signal)?.entry?.names
  return { ...transient, values: transient.values.map((number) => names?.[String(number)] ?? number) }
}

function finished(machine: string, devices: readonly DeviceDraft[], signals: readonly SignalInDraft[]) {
  return devices.map((device) => ({
    id: device.name === undefined ? machine : `${machine}/${device.name}`,
    subject: machineOwner(machine),
    protocol: device.driver?.protocol ?? '',
    settings: device.settings,
    pollMs: device.pollMs,
    signals: signals.flatMap(({ device: owner, spec }) => (owner === device && spec ? [spec] : [])),
  }))
}
