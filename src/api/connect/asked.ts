/** The device that a call is about, understood by its driver, and the refusal where that cannot be done. */
import { join } from 'node:path'
import { ApiRefusal } from '../../console/refusal.ts'
import { isRecord } from '../../documents/draft.ts'
import { absoluteFiles, filesIn, SITE_FILES_HINT } from '../../documents/file-keys.ts'
import { nearestWord } from '../../documents/nearest-word.ts'
import type { Driver } from '../../domain/driver.ts'
import { GatewayError, LinkLost } from '../../domain/errors.ts'
import { folderShelf, PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import { type ConnectParts, mayBeGiven } from './parts.ts'
import type { DeviceKeys } from './shapes.ts'

/** A device that can be asked. */
export interface Asked {
  /** As messages call it. */
  readonly name: string
  readonly driver: Driver
  /** As its driver has parsed them. */
  readonly settings: unknown
  /** The keys below `device:`, those of a profile among them. */
  readonly keys: Readonly<Record<string, unknown>>
}

/** Whatever is asked for ends after so long, whoever waits. */
const ASKED_MAX_MS = 60_000

/** Ends when the caller goes, and when it takes too long. */
export function bounded(signal: AbortSignal, ms = ASKED_MAX_MS): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}

/** @throws ApiRefusal that names what is wrong with the keys */
export function askedDevice(device: DeviceKeys, parts: ConnectParts): Asked {
  const keys = withProfile(device, parts)
  const { driver: protocol, poll: _, ...settings } = keys
  const { drivers } = parts.hardware
  const driver = drivers.find((one) => one.protocol === protocol)
  if (!driver) {
    const hint = `driver: one of ${drivers.map((one) => one.protocol).join(', ')}`
    throw new ApiRefusal(422, 'connect-device', 'the device names no driver', { hint })
  }
  const elsewhere = filesIn(settings).find(({ file }) => !mayBeGiven(file, parts))
  if (elsewhere) {
    const what = `the file ${elsewhere.file} belongs to no device of this site`
    throw new ApiRefusal(422, 'connect-file', what, { hint: SITE_FILES_HINT })
  }
  const { data, error } = driver.settings.safeParse(absoluteFiles(settings, parts.devicesFolder))
  if (error) {
    const said = error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join('.')}: ${message}` : message,
    )
    throw new ApiRefusal(422, 'connect-device', said.join('; '), {
      hint: 'these are the keys below device: of a map',
    })
  }
  const refused = driver.doubtsOf?.(data).find(({ isRefused }) => isRefused)
  if (refused) throw new ApiRefusal(422, 'connect-device', refused.what, { hint: refused.hint })
  return { name: nameOf(data), driver, settings: data, keys }
}

/** Messages name the host or the line themselves. */
function nameOf(settings: unknown): string {
  const { unit } = settings as { readonly unit?: number }
  return unit === undefined ? 'the server' : `unit ${unit}`
}

/** What a profile says of its device lies beneath what was written. */
function withProfile(
  device: DeviceKeys,
  { devicesFolder, cwd }: ConnectParts,
): Readonly<Record<string, unknown>> {
  const { profile, variant, with: _words, ...own } = device
  if (profile === undefined) return own
  const shelf = folderShelf(join(devicesFolder, PROFILES_FOLDER), cwd)
  const source = shelf.find(profile)
  if (!source || !isRecord(source.value)) {
    const nearest = nearestWord(profile, shelf.names())
    const hint = nearest ? `did you mean ${nearest}?` : 'the list of profiles names all of them'
    throw new ApiRefusal(422, 'connect-profile', `there is no profile "${profile}"`, { hint })
  }
  const { variants, default: standard } = source.value
  const model = isRecord(variants) ? variants[variant ?? String(standard)] : undefined
  const layers = [source.value, ...(isRecord(model) ? [model] : [])]
  const below = layers.flatMap((layer) => (isRecord(layer.device) ? [layer.device] : []))
  const serial = layers.flatMap((layer) => (isRecord(layer.serial) ? [layer.serial] : []))
  const keys: Record<string, unknown> = Object.assign({}, ...below, own)
  return keys.driver === 'modbus-rtu' ? Object.assign({}, ...serial, keys) : keys
}

/** `modbus-tcp 10.20.3.17:502`, for the audit trail: never a user or a password. */
export function deviceText(device: DeviceKeys): string {
  const { driver, profile, host, port, url, path } = device
  const place =
    typeof url === 'string'
      ? withoutLogin(url)
      : typeof host === 'string'
        ? `${withoutLogin(host)}${port === undefined ? '' : `:${port}`}`
        : typeof path === 'string'
          ? path
          : ''
  return [profile ?? driver, place].filter(Boolean).join(' at ')
}

/** Up to the last @: a password may hold any character, also one that should have been written in another way. */
function withoutLogin(place: string): string {
  return place.replace(/^(\w[\w+.-]*:\/\/)?.*@/s, '$1').replace(/[?#].*/s, '')
}

/**
 * A mistake that a room has found becomes a refusal that the caller can read; everything else is a fault of this program.
 * @throws ApiRefusal
 */
export async function orRefusal<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiRefusal || !(error instanceof GatewayError)) throw error
    const status = error instanceof LinkLost ? 503 : 422
    throw new ApiRefusal(status, error.code, error.message, { hint: error.hint, cause: error })
  }
}
