/**
 * Reads `gateway.yaml` and the environment into one frozen Config.
 *
 * It finds every fault before it gives up. It never prints a secret, and never reads a device map: those may be broken
 * without stopping the gateway.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, type ConfigFault } from '../domain/errors.ts'
import { readCentralUrl } from './central-url.ts'
import type { CentralConfig, Config, TlsConfig } from './config.ts'
import { createDraft, type Draft, deepFreeze } from './draft.ts'
import {
  type Environment,
  type Overlay,
  overlay,
  overlays,
  PASSWORD_VARIABLE,
  unknownVariables,
} from './environment.ts'
import { type GatewayFile, gatewaySchema } from './gateway-schema.ts'
import { Secret } from './secret.ts'
import { type Path, readYamlFile, reasonText, type YamlSource } from './yaml-source.ts'

export interface ConfigSource {
  /** `gateway.yaml`, relative to `cwd`. */
  readonly file: string
  readonly env: Environment
  readonly cwd: string
}

/** @throws ConfigError with every fault that was found */
export function loadConfig({ file, env, cwd }: ConfigSource): Config {
  const path = resolve(cwd, file)
  const source = readYamlFile(path, cwd)
  if (source.faults.length > 0) throw new ConfigError(source.faults)
  const laid = overlays(env, gatewaySchema)
  const draft = createDraft(origin(source, laid))
  const parsed = draft.judge([], gatewaySchema)
  const unknown = unknownVariables(env, gatewaySchema).map(unknownVariableFault)
  const reading: Reading = { draft, env, warnings: [], resolve: pathResolver(laid, dirname(path), cwd) }
  const central = centralOf(reading, parsed)
  const faults = [...draft.faults.map(naming), ...unknown]
  if (!parsed || !central || faults.length > 0) throw new ConfigError(faults)
  return deepFreeze({
    file: source.file,
    gateway: parsed.gateway,
    organization: parsed.organization,
    plant: parsed.plant,
    timezone: parsed.timezone,
    devicesFolder: reading.resolve(['devices'], parsed.devices),
    dataFolder: reading.resolve(['data'], parsed.data),
    central,
    buffer: { retentionMs: parsed.buffer.retention, maxBytes: parsed.buffer.max_size },
    console: parsed.console,
    log: parsed.log,
    warnings: reading.warnings,
  })
}

/** Where the device maps are, as far as a configuration with faults tells: so that these can be checked all the same. */
export function guessDevicesFolder({ file, env, cwd }: ConfigSource): string {
  const path = resolve(cwd, file)
  const laid = overlays(env, gatewaySchema)
  const draft = createDraft(origin(readYamlFile(path, cwd), laid))
  const written = draft.judge(['devices'], gatewaySchema.shape.devices) ?? '../devices'
  return pathResolver(laid, dirname(path), cwd)(['devices'], written)
}

interface Reading {
  readonly draft: Draft
  readonly env: Environment
  readonly warnings: ConfigFault[]
  /** Makes a path absolute: relative to the file, or to the current folder when the environment said it. */
  readonly resolve: (at: Path, path: string) => string
}

/** The file with the environment laid over it; what the environment said stands at the variable's name. */
function origin(source: YamlSource, laid: readonly Overlay[]) {
  const value = laid.reduce((base, { path, value }) => overlay(base, path, value), source.value)
  return {
    value,
    written: source.written,
    place: (path: Path, at?: 'key' | 'value') => {
      const said = laid.findLast((one) => isWithin(path, one.path))
      return said ? { file: 'environment', line: 1, column: 1, path: said.variable } : source.place(path, at)
    },
  }
}

/** A place in the environment is the variable's name. */
function naming(fault: ConfigFault): ConfigFault {
  return fault.file === 'environment' ? { ...fault, message: `${fault.path}: ${fault.message}` } : fault
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, index) => path[index] === step)
}

function pathResolver(laid: readonly Overlay[], fileFolder: string, cwd: string) {
  const fromEnvironment = new Set(laid.map(({ path }) => path.join('.')))
  return (at: Path, path: string) => resolve(fromEnvironment.has(at.join('.')) ? cwd : fileFolder, path)
}

function unknownVariableFault({
  variable,
  nearest,
}: {
  variable: string
  nearest: string | undefined
}): ConfigFault {
  const hint = nearest && { hint: `did you mean ${nearest}?` }
  return {
    file: 'environment',
    line: 1,
    column: 1,
    path: variable,
    message: `unknown variable ${variable}`,
    ...hint,
  }
}

/** Judged from the raw URL too, so that its faults show beside those of other keys. */
function centralOf(reading: Reading, parsed: GatewayFile | undefined): CentralConfig | undefined {
  const written = reading.draft.at(['central', 'url'])
  const url = typeof written === 'string' ? readCentralUrl(reading.draft, written) : undefined
  if (!url || !parsed) return undefined
  const { central } = parsed
  const password = passwordOf(reading, central.password_file)
  return {
    hosts: central.hosts ?? [url.host],
    database: url.database,
    user: url.user,
    ...password,
    schema: central.schema,
    tls: tlsOf(reading, central.tls, url.tlsMode),
    batch: { rows: central.batch.rows, lingerMs: central.batch.linger },
    machineStatus: central.machine_status,
  }
}

function tlsOf(
  reading: Reading,
  tls: GatewayFile['central']['tls'],
  ofUrl: TlsConfig['mode'] | undefined,
): TlsConfig {
  const written = typeof tls === 'object' ? tls : { mode: tls ?? ofUrl ?? 'verify-full' }
  if (ofUrl && tls !== undefined && written.mode !== ofUrl) {
    const hint = 'say it in one place: remove the sslmode, or make both say the same'
    reading.draft.fault(['central', 'url'], `the sslmode in the URL contradicts tls: ${written.mode}`, hint)
  }
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile } = typeof tls === 'object' ? tls : {}
  if ((certFile === undefined) !== (keyFile === undefined)) {
    reading.draft.fault(['central', 'tls'], 'cert_file and key_file go together', undefined, 'key')
  }
  const file = (key: string, path: string) => readable(reading, ['central', 'tls', key], path)
  return {
    mode: written.mode,
    ...(caFile && { caFile: file('ca_file', caFile) }),
    ...(certFile && { certFile: file('cert_file', certFile) }),
    ...(keyFile && { keyFile: file('key_file', keyFile) }),
  }
}

function readable(reading: Reading, at: Path, written: string): string {
  const path = reading.resolve(at, written)
  try {
    readFileSync(path)
  } catch (error) {
    reading.draft.fault(at, `${written} cannot be read: ${reasonText(error)}`)
  }
  return path
}

type Password = Pick<CentralConfig, 'password' | 'passwordSource'>

const PASSWORD_FILE: Path = ['central', 'password_file']
/** Others than the owner may read it. */
const SHARED_MODE = 0o077

function passwordOf(reading: Reading, file: string | undefined): Password {
  const given = reading.env[PASSWORD_VARIABLE]
  if (given) return { password: new Secret(given), passwordSource: 'environment' }
  if (file === undefined) return { passwordSource: 'none' }
  try {
    const path = reading.resolve(PASSWORD_FILE, file)
    const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    if (!password) reading.draft.fault(PASSWORD_FILE, `${file} is empty`)
    if (statSync(path).mode & SHARED_MODE) reading.warnings.push(sharedSecretWarning(reading.draft, file))
    return { password: new Secret(password), passwordSource: 'file' }
  } catch (error) {
    const hint = `create it, or set ${PASSWORD_VARIABLE}`
    reading.draft.fault(PASSWORD_FILE, `${file} cannot be read: ${reasonText(error)}`, hint)
    return { passwordSource: 'none' }
  }
}

function sharedSecretWarning(draft: Draft, file: string): ConfigFault {
  const place = { path: PASSWORD_FILE.join('.'), ...draft.origin.place(PASSWORD_FILE) }
  return { ...place, message: `others than its owner can read ${file}`, hint: `chmod 600 ${file}` }
}
