/** Finds the driver of each device of a map and lets it read its settings. */
import { existsSync } from 'node:fs'
import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import { absoluteFiles, filesIn, SITE_FILES_HINT } from '../../documents/file-keys.ts'
import type { Path } from '../../documents/place.ts'
import { isStrict, keysOf, objectsOf } from '../../documents/schema-keys.ts'
import type { BitOrder } from '../../domain/bit-order.ts'
import type { Driver } from '../../domain/driver.ts'
import { mapWordHint } from '../words.ts'
import { bitOrderSchema, pollSchema } from './map-schema.ts'

/** A device as far as it was understood, before it has its signals. */
export interface DeviceDraft {
  /** Its key under `devices:`; undefined where the machine has only one. */
  readonly name: string | undefined
  readonly path: Path
  readonly driver: Driver | undefined
  /** Undefined when the driver refused them. */
  readonly settings: unknown
  /** The settings as they were written, for the map's version. */
  readonly raw: Readonly<Record<string, unknown>>
  readonly pollMs: number
  /** How its manual counts bits; undefined where the map does not say. */
  readonly bitOrder?: BitOrder | undefined
}

interface DriverChoice {
  readonly drivers: readonly Driver[]
  /** Where relative paths in a device's settings begin. */
  readonly folder: string
  readonly mayName?: ((file: string) => boolean) | undefined
}

const DEFAULT_POLL_MS = 1_000
/** More devices than this do not make one machine. */
const DEVICES_MAX = 32
/** Keys of a device that are not its driver's. */
const OWN_KEYS: readonly string[] = ['driver', 'poll', 'profile', 'variant', 'with', 'bit_order']

/** The devices of a map: the one under `device:` or those under `devices:`. Faults are noted in the draft. */
export function compileDevices(draft: DocumentDraft, choice: DriverChoice): readonly DeviceDraft[] {
  const single = draft.at(['device'])
  const several = draft.at(['devices'])
  if (single !== undefined && several !== undefined) {
    draft.fault(['devices'], 'a map has either "device" or "devices"', 'remove one of them', 'key')
  }
  if (single !== undefined) return [compileDevice(draft, ['device'], choice)]
  if (several === undefined) {
    draft.fault(
      ['device'],
      '"device" is missing',
      'as in device: {driver: modbus-tcp, host: 10.20.3.17}',
      'key',
    )
    return []
  }
  const names = keysAt(several)
  if (names.length === 0) draft.fault(['devices'], 'no device stands here', 'name: {driver: …}', 'key')
  if (names.length > DEVICES_MAX)
    draft.fault(['devices'], 'too many devices', `at most ${DEVICES_MAX}`, 'key')
  return names.slice(0, DEVICES_MAX).map((name) => compileDevice(draft, ['devices', name], choice))
}

function compileDevice(draft: DocumentDraft, path: Path, choice: DriverChoice): DeviceDraft {
  const written = draft.at(path)
  const name = path.length > 1 ? String(path.at(-1)) : undefined
  if (!isRecord(written)) {
    draft.fault(path, 'a device is a group of keys', 'as in {driver: modbus-tcp, host: 10.20.3.17}')
    return { name, path, driver: undefined, settings: undefined, raw: {}, pollMs: DEFAULT_POLL_MS }
  }
  const pollMs = 'poll' in written ? draft.judge([...path, 'poll'], pollSchema) : DEFAULT_POLL_MS
  const driver = chosenDriver(draft, [...path, 'driver'], choice.drivers)
  const bitOrder = 'bit_order' in written ? draft.judge([...path, 'bit_order'], bitOrderSchema) : undefined
  const raw = ownSettings(written, choice.folder)
  if (choice.mayName) refuseFiles(draft, path, raw, choice.mayName)
  const settings = driver && judgeSettings(draft, path, raw, driver)
  return { name, path, driver, settings, raw, pollMs: pollMs ?? DEFAULT_POLL_MS, bitOrder }
}

function chosenDriver(draft: DocumentDraft, path: Path, drivers: readonly Driver[]): Driver | undefined {
  const word = draft.at(path)
  const known = drivers.map(({ protocol }) => protocol)
  const driver = drivers.find(({ protocol }) => protocol === word)
  if (driver) return driver
  if (word === undefined) draft.fault(path, '"driver" is missing', `one of: ${known.join(', ')}`, 'key')
  else draft.fault(path, `unknown driver "${word}"`, mapWordHint(String(word), known))
  return undefined
}

/** What the driver reads: without our keys, and with paths to files made absolute. */
function ownSettings(written: Readonly<Record<string, unknown>>, folder: string) {
  const settings = Object.entries(written).filter(([key]) => !OWN_KEYS.includes(key))
  return absoluteFiles(Object.fromEntries(settings), folder)
}

function judgeSettings(
  draft: DocumentDraft,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  driver: Driver,
): unknown {
  const settings = draft.judgeValue(raw, path, driver.settings, OWN_KEYS)
  hintAtFiles(draft, path, raw)
  const doubts = settings === undefined ? [] : (driver.doubtsOf?.(settings) ?? [])
  for (const { key, what, hint, isRefused } of doubts) {
    const note = isRefused ? draft.slip : draft.hint
    note([...path, key], what, hint)
  }
  reportPassedOver(draft, path, raw, driver)
  return settings
}

/** Of a map that was sent by somebody who cannot write here by hand. */
function refuseFiles(
  draft: DocumentDraft,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  mayName: (file: string) => boolean,
): void {
  for (const { at, file } of filesIn(raw)) {
    if (!mayName(file))
      draft.fault([...path, ...at], `the file ${file} belongs to no device of this site`, SITE_FILES_HINT)
  }
}

/** A file that is missing keeps a device from being reached; where maps are only checked, secrets are not at hand. */
function hintAtFiles(draft: DocumentDraft, path: Path, raw: Readonly<Record<string, unknown>>): void {
  for (const { at, file } of filesIn(raw)) {
    if (existsSync(file)) continue
    draft.hint([...path, ...at], `${file} is not there`, 'the gateway reads it when it connects')
  }
}

/** A driver whose schema would silently pass over unknown keys must not let a typing error through. */
function reportPassedOver(
  draft: DocumentDraft,
  path: Path,
  raw: Readonly<Record<string, unknown>>,
  driver: Driver,
): void {
  const objects = objectsOf(driver.settings)
  if (objects.length === 0 || objects.some(isStrict)) return
  const known = [...objects.flatMap(keysOf), ...OWN_KEYS]
  for (const key of Object.keys(raw).filter((key) => !known.includes(key))) {
    draft.fault([...path, key], `unknown key "${key}"`, mapWordHint(key, known), 'key')
  }
}
