/** What can be chosen without asking any device: profiles, the plant's machines, the signals of a sheet, the forms of an address. */
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import { AddressFault } from '../../domain/driver.ts'
import { GatewayError } from '../../domain/errors.ts'
import { SIGNAL_TYPES, type SignalType } from '../../domain/signal.ts'
import type { ModbusAddress } from '../../drivers/modbus/address.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import { describeProfile, type ProfileDescription } from '../../maps/profiles/described.ts'
import { folderShelf, PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import { readAhead } from '../../runtime/read-ahead.ts'
import { readSheet } from '../../sheets/read-sheet.ts'
import { registerForms } from '../../workbench/live/address-text.ts'
import { type Asked, askedDevice, orRefusal } from './asked.ts'
import type { ConnectParts } from './parts.ts'
import type {
  AddressForms,
  addressesAsk,
  PlantMachines,
  ProfileList,
  SheetPreview,
  sheetAsk,
} from './shapes.ts'

export async function listProfiles(
  { devicesFolder, cwd, clock }: ConnectParts,
  signal: AbortSignal,
): Promise<ProfileList> {
  const folder = join(devicesFolder, PROFILES_FOLDER)
  await readAhead([folder], { clock, signal })
  const shelf = folderShelf(folder, cwd)
  const profiles = shelf.names().flatMap((name) => {
    const source = shelf.find(name)
    const described = source && describeProfile(name, source)
    return described ? [profileOnWire(described)] : []
  })
  return { profiles }
}

function profileOnWire(profile: ProfileDescription): ProfileList['profiles'][number] {
  const { models, parameters = {} } = profile
  const driver = models.flatMap(({ settings }) => settings).find((text) => text.startsWith('driver: '))
  return {
    name: profile.name,
    text: profile.text ?? '',
    maker: profile.maker ?? null,
    products: [...(profile.products ?? [])],
    driver: driver?.replace('driver: ', '') ?? '',
    notes: [...(profile.notes ?? [])],
    variants: models.flatMap(({ variant, text = '' }) =>
      variant === undefined ? [] : [{ name: variant, text }],
    ),
    default_variant: profile.default ?? null,
    parameters: Object.entries(parameters).map(
      ([name, { text, example = null, default: standard = null }]) => ({
        ...{ name, text, example },
        default: standard,
      }),
    ),
    signals: models.flatMap(({ variant = null, signals }) =>
      signals.map(({ isOptional, more: _, ...signal }) => ({ ...signal, variant, is_optional: isOptional })),
    ),
  }
}

export function plantMachines({ masterData, maps, clock, organization, plant }: ConnectParts): PlantMachines {
  const { readAtMs, machines } = masterData.machinesOfPlant()
  const files = new Map(maps().map(({ machine, file }) => [machine, basename(file)]))
  return {
    read_at: readAtMs === null ? null : new Date(readAtMs).toISOString(),
    age_s: readAtMs === null ? null : Math.max(0, Math.round((clock.now().wallMs - readAtMs) / 1_000)),
    organization,
    plant,
    machines: machines
      .map(({ code, name, isActive }) => ({
        code,
        name,
        is_active: isActive,
        map_file: files.get(code) ?? null,
      }))
      .toSorted((a, b) => a.code.localeCompare(b.code)),
  }
}

/** A sheet is read by the thread that polls. A map has 2,000 signals at most. */
const SHEET_LINES_MAX = 20_000
const SHEET_CELLS_MAX = 200_000
const CELL_ENDS = [...';,\t\n'].map((end) => end.charCodeAt(0))
const LINE_END = 10

/** @throws ApiRefusal */
function refuseHugeSheet(bytes: Uint8Array): void {
  const ends = bytes.filter((byte) => CELL_ENDS.includes(byte))
  const lines = ends.filter((byte) => byte === LINE_END).length
  if (lines <= SHEET_LINES_MAX && ends.length <= SHEET_CELLS_MAX) return
  const hint = 'leave out of it what is not of this machine, or read it with "millrace import"'
  throw new ApiRefusal(422, 'connect-sheet', 'the sheet is too large to be looked at here', { hint })
}

export async function previewSheet(asked: z.output<typeof sheetAsk>): Promise<SheetPreview> {
  const { base64, text, ...options } = asked
  if ((base64 === undefined) === (text === undefined))
    throw new ApiRefusal(400, 'connect-sheet', 'send either the bytes of the file in base64, or its text')
  const bytes = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')
  refuseHugeSheet(bytes)
  return await orRefusal(() => {
    const sheet = readSheet(bytes, options)
    return {
      format: sheet.format,
      driver: sheet.driver,
      machine: sheet.machine ?? null,
      device: { ...sheet.device },
      signals: sheet.signals.map(({ name, line, keys, about }) => ({
        name,
        line,
        keys: { ...keys },
        ...(about !== undefined && { about }),
      })),
      doubts: sheet.doubts.map(({ line, what, hint = null, isLeftOut = false }) => ({
        line,
        what,
        hint,
        is_left_out: isLeftOut,
      })),
    }
  })
}

/** Nothing is asked of the device. */
export async function echoAddresses(
  { device, addresses }: z.output<typeof addressesAsk>,
  parts: ConnectParts,
): Promise<AddressForms> {
  return await orRefusal(() => {
    const asked = askedDevice(device, parts)
    return { addresses: addresses.map(({ text, type }) => ({ text, ...formsOf(text, type, asked) })) }
  })
}

function formsOf(
  text: string,
  type: string | undefined,
  { driver, settings }: Asked,
): Omit<AddressForms['addresses'][number], 'text'> {
  try {
    const known = SIGNAL_TYPES.find((one): one is SignalType => one === type)
    const address = driver.parseAddress(text, known === undefined ? {} : { type: known }, settings)
    return {
      forms: isModbusDriver(driver) ? registerForms(address as ModbusAddress) : text.trim(),
      fault: null,
      hint: null,
    }
  } catch (error) {
    if (!(error instanceof AddressFault || error instanceof GatewayError)) throw error
    return { forms: null, fault: error.message, hint: error.hint ?? null }
  }
}
