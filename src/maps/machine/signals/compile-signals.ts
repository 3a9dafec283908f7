/** Understands the signals of a map: whose they are, where they stand in the device, and what their roles ask for. */
import { type DocumentDraft, isRecord, keysAt } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { ADDRESS_KEYS, AddressFault, type Driver } from '../../../domain/driver.ts'
import type { CounterSignal } from '../../../domain/machine-map.ts'
import { SIGNAL_TYPES, type SignalRole, type SignalSpec } from '../../../domain/signal.ts'
import { mapWordHint } from '../../words.ts'
import type { DeviceDraft } from '../compile-devices.ts'
import { signalSchema } from '../map-schema.ts'
import { checkAnalog, unitOf } from './analog.ts'
import { COUNTER_ROLES, checkEntry, checkName } from './check-signal.ts'
import { invalidTexts } from './invalid-values.ts'
import { plainEntry, type SignalEntry } from './signal-entry.ts'

/** A signal as far as it was understood. */
export interface SignalInDraft {
  readonly name: string
  readonly path: Path
  /** Undefined when its entry has faults. */
  readonly entry: SignalEntry | undefined
  readonly device: DeviceDraft | undefined
  readonly spec: SignalSpec | undefined
  /** Its address as written, for the map's version. */
  readonly addressText: string | undefined
}

/** More signals than this are not one machine's. */
const SIGNALS_MAX = 2_000

/** The signals of a map in the order of the file. Faults are noted in the draft. */
export function compileSignals(
  draft: DocumentDraft,
  devices: readonly DeviceDraft[],
): readonly SignalInDraft[] {
  const written = draft.at(['signals'])
  if (!isRecord(written)) {
    const message = written === undefined ? '"signals" is missing' : '"signals" is not a group of keys'
    draft.fault(['signals'], message, 'as in signals: {state: {at: 40101, type: u16}}', 'key')
    return []
  }
  const names = keysAt(written)
  if (names.length > SIGNALS_MAX)
    draft.fault(['signals'], 'too many signals', `at most ${SIGNALS_MAX}`, 'key')
  const signals = names.slice(0, SIGNALS_MAX).map((name) => compileSignal(draft, name, devices))
  checkOnce(draft, signals, 'work_order')
  for (const device of devices) hintAtOverlaps(draft, signals, device)
  return signals
}

/** Whether a signal counts parts or cycles. */
export function isCounter({ entry }: SignalInDraft): boolean {
  return entry?.role !== undefined && COUNTER_ROLES.includes(entry.role)
}

/** A counter as the derivation reads it. */
export function counterOf({ name, entry }: SignalInDraft): CounterSignal {
  return {
    signal: name,
    ...(entry?.rollover !== undefined && { rollover: entry.rollover }),
    ...(entry?.max_rate !== undefined && { maxPerMinute: entry.max_rate }),
    ...(entry?.parts_per_cycle !== undefined && { partsPerCycle: entry.parts_per_cycle }),
  }
}

function compileSignal(draft: DocumentDraft, name: string, devices: readonly DeviceDraft[]): SignalInDraft {
  const path = ['signals', name]
  checkName(draft, path, name)
  const written = draft.judge(path, signalSchema)
  const entry = written && withPlainNames(plainEntry(draft, path, written))
  const device = entry && deviceOf(draft, path, entry, devices)
  if (!entry || !device?.driver) return { name, path, entry, device, spec: undefined, addressText: undefined }
  checkEntry(draft, path, entry)
  checkAnalog(draft, path, entry, device)
  const addressText = addressOf(draft, path, device)
  const address =
    addressText === undefined ? undefined : parseAddress(draft, path, entry, device, addressText)
  const spec = address === undefined ? undefined : specOf(name, entry, address)
  return { name, path, entry, device, spec, addressText }
}

/** Keys of names in hex, as quotes keep them, as the numbers that they are. */
function withPlainNames(entry: SignalEntry): SignalEntry {
  if (!entry.names || entry.type === undefined || entry.type === 'string') return entry
  const plain = (key: string) => (/^0x[\da-f]+$/i.test(key) ? String(BigInt(key)) : key)
  return {
    ...entry,
    names: Object.fromEntries(Object.entries(entry.names).map(([key, name]) => [plain(key), name])),
  }
}

function deviceOf(draft: DocumentDraft, path: Path, entry: SignalEntry, devices: readonly DeviceDraft[]) {
  const names = devices.flatMap(({ name }) => (name === undefined ? [] : [name]))
  if (names.length === 0) {
    if (entry.from !== undefined) {
      draft.fault([...path, 'from'], '"from" is for machines with several devices', 'remove it', 'key')
    }
    return devices[0]
  }
  const device =
    devices.find(({ name }) => name === entry.from) ?? (names.length === 1 ? devices[0] : undefined)
  if (entry.from === undefined && device === undefined) {
    draft.fault(
      path,
      '"from" is missing: the machine has several devices',
      `one of: ${names.join(', ')}`,
      'key',
    )
  } else if (entry.from !== undefined && !names.includes(entry.from)) {
    draft.fault([...path, 'from'], `unknown device "${entry.from}"`, mapWordHint(entry.from, names))
  }
  return device
}

/** The address letter by letter: as numbers, 00001 and 40101.10 would lose digits. */
function addressOf(draft: DocumentDraft, path: Path, { driver }: DeviceDraft): string | undefined {
  if (!driver) return undefined
  const isAlarm = draft.at([...path, 'events']) !== undefined
  if (isAlarm && !driver.hasAlarms) {
    draft.fault([...path, 'events'], `${driver.protocol} has no alarms`, `use "${driver.addressKey}"`, 'key')
    return undefined
  }
  if (isAlarm && draft.at([...path, driver.addressKey]) !== undefined) {
    const what = `a signal has either "${driver.addressKey}" or "events"`
    draft.fault([...path, 'events'], what, 'remove one of them', 'key')
    return undefined
  }
  const wanted = isAlarm ? 'events' : driver.addressKey
  const other = ADDRESS_KEYS.find(
    (key) => key !== driver.addressKey && draft.at([...path, key]) !== undefined,
  )
  if (other !== undefined) {
    draft.fault([...path, other], `${driver.protocol} has no "${other}"`, `did you mean "${wanted}"?`, 'key')
    return undefined
  }
  if (draft.at([...path, wanted]) === undefined) {
    draft.fault(
      [...path, wanted],
      `"${wanted}" is missing: where is "${path.at(-1)}" in the device?`,
      undefined,
      'key',
    )
    return undefined
  }
  return draft.origin.written([...path, wanted]) ?? String(draft.at([...path, wanted]))
}

function parseAddress(
  draft: DocumentDraft,
  path: Path,
  entry: SignalEntry,
  device: DeviceDraft,
  text: string,
): unknown {
  const { driver, settings } = device
  if (!driver) return undefined
  if (!driver.typeRequired) checkNoFormat(draft, path, entry, driver)
  if (!driver.hasMessages) checkNoMessage(draft, path, entry, driver)
  if (driver.typeRequired && entry.type === undefined) {
    draft.fault([...path, 'type'], '"type" is missing', `one of: ${SIGNAL_TYPES.join(', ')}`, 'key')
    return undefined
  }
  if (settings === undefined) return undefined
  try {
    const bitOrder = entry.bit_order ?? device.bitOrder
    const { severity, source, code, path: place, time, quality, retained, partial } = entry
    const alarms = entry.events === undefined ? undefined : { severity, source, code }
    const message = driver.hasMessages && { path: place, time, quality, retained, partial }
    const format = {
      type: entry.type,
      wordOrder: entry.word_order,
      text: entry.text,
      bitOrder,
      alarms,
      message,
    }
    return driver.parseAddress(text, format, settings)
  } catch (error) {
    // Any failure over one address is that address's fault: it must not take the other machines with it.
    const hint = error instanceof AddressFault ? error.hint : undefined
    const key =
      (error instanceof AddressFault && error.key) ||
      (entry.events === undefined ? driver.addressKey : 'events')
    draft.fault([...path, key], error instanceof Error ? error.message : String(error), hint)
    return undefined
  }
}

/** A protocol that itself says how values are stored leaves nothing to say. */
function checkNoFormat(draft: DocumentDraft, path: Path, entry: SignalEntry, { protocol }: Driver): void {
  for (const key of ['word_order', 'text'] as const) {
    if (entry[key] === undefined) continue
    draft.fault([...path, key], `${protocol} itself says how a value is stored`, `remove "${key}"`, 'key')
  }
}

function checkNoMessage(draft: DocumentDraft, path: Path, entry: SignalEntry, { protocol }: Driver): void {
  for (const key of ['path', 'time', 'quality', 'retained', 'partial'] as const) {
    if (entry[key] === undefined) continue
    draft.fault(
      [...path, key],
      `${protocol} has no messages: "${key}" is for topics`,
      `remove "${key}"`,
      'key',
    )
  }
}

function specOf(name: string, entry: SignalEntry, address: unknown): SignalSpec {
  const { type, mask, names, scale, offset, expect, role, poll: pollMs } = entry
  const invalid = invalidTexts(entry.invalid, type)
  const unit = unitOf(entry)
  const optional = { type, mask, names, scale, offset, unit, invalid, expect, role, pollMs }
  const given = Object.entries(optional).filter(([, value]) => value !== undefined)
  return { name, address, ...Object.fromEntries(given) }
}

function hintAtOverlaps(draft: DocumentDraft, signals: readonly SignalInDraft[], device: DeviceDraft): void {
  const specs = signals.flatMap(({ device: owner, spec }) => (owner === device && spec ? [spec] : []))
  for (const [first, second] of device.driver?.overlaps?.(specs) ?? []) {
    const message = `"${second}" shares registers with "${first}"`
    draft.hint(['signals', second, 'at'], message, 'check the address and the type of both')
  }
}

function checkOnce(draft: DocumentDraft, signals: readonly SignalInDraft[], role: SignalRole): void {
  const [first, ...others] = signals.filter(({ entry }) => entry?.role === role)
  for (const { path } of others) {
    draft.fault(
      [...path, 'role'],
      `"${first?.name}" already has the role ${role}`,
      'a machine has one such signal',
    )
  }
}
