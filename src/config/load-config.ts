/**
 * Reads `gateway.yaml` and the environment into one frozen Config.
 *
 * It finds every fault before it gives up. It never prints a secret, and never reads a device map: those may be broken
 * without stopping the gateway.
 */
import { dirname, resolve } from 'node:path'
import { createDraft, deepFreeze, isRecord } from '../documents/draft.ts'
import { namedFile } from '../documents/file-keys.ts'
import type { Path } from '../documents/place.ts'
import type { Settling } from '../documents/section.ts'
import { readYamlFile, type YamlSource } from '../documents/yaml-source.ts'
import { ConfigError, type ConfigFault } from '../domain/errors.ts'
import { releaseFolders } from '../releases/settings.ts'
import type { Config, GatewayConfig } from './config.ts'
import {
  type Environment,
  type Overlay,
  overlay,
  overlays,
  routeSecretsIn,
  secretIn,
  unknownVariables,
} from './environment.ts'
import {
  composeGatewaySchema,
  dataKey,
  devicesKey,
  type GatewayFile,
  gatewaySchema,
  routesKey,
} from './gateway-schema.ts'
import { SECTIONS, type Sections, type SettingsOf } from './sections.ts'

interface ConfigSource {
  /** `gateway.yaml`, relative to `cwd`. */
  readonly file: string
  readonly env: Environment
  readonly cwd: string
}

/**
 * For a command that is of no use without central.
 * @throws ConfigError with every fault that was found
 */
export function loadConfig(source: ConfigSource): Config {
  return loadSections(source, SECTIONS)
}

/**
 * For the gateway, which observes its machines also while a secret is missing, and for commands that may ask nothing of central:
 * people who may not read its secrets use them too. A secret that cannot be read is a warning here; it is read again at each login.
 * @throws ConfigError with every fault that was found
 */
export function loadConfigWithoutSecrets(source: ConfigSource): Config {
  return loadSections(source, SECTIONS, { sparesSecrets: true })
}

/** The same for any set of sections: nothing here knows a key of theirs. */
export function loadSections<All extends Sections>(
  { file, env, cwd }: ConfigSource,
  sections: All,
  { sparesSecrets } = { sparesSecrets: false },
): GatewayConfig & SettingsOf<All> {
  const path = resolve(cwd, file)
  const source = readYamlFile(path, cwd)
  if (source.faults.length > 0) throw new ConfigError(source.faults)
  const schema = composeGatewaySchema(sections)
  const laid = overlays(env, schema)
  const draft = createDraft(origin(source, laid))
  const parsed = draft.judge([], schema)
  const unknown = unknownVariables(env, schema).map(unknownVariableFault)
  const settling = {
    draft,
    warnings: [...draft.hints],
    resolve: pathResolver(laid, dirname(path), { cwd, env }),
    secret: secretIn(env),
    sparesSecrets,
  }
  const settings = settleSections(settling, sections, parsed)
  const faults = [...draft.faults.map(namedByVariable), ...unknown]
  if (!parsed || !settings || faults.length > 0) throw new ConfigError(faults)
  return deepFreeze({ ...gatewayConfigOf(parsed, settling, { file: source.file, env }), ...settings })
}

/** Undefined where a section could not be settled; its faults are then noted. */
function settleSections<All extends Sections>(
  settling: Settling,
  sections: All,
  parsed: GatewayFile | undefined,
): SettingsOf<All> | undefined {
  const settled = Object.entries(sections).map(([name, section]) => {
    const written = parsed?.[name]
    return [name, section.settle ? section.settle(settling, [name], written) : written] as const
  })
  if (settled.some(([, settings]) => settings === undefined)) return undefined
  return Object.fromEntries(settled) as SettingsOf<All>
}

function gatewayConfigOf(
  parsed: GatewayFile,
  { resolve, warnings }: Settling,
  { file, env }: Pick<ConfigSource, 'file' | 'env'>,
): GatewayConfig {
  const { gateway, organization, plant, timezone, devices, data, routes } = parsed
  return {
    file,
    gateway,
    organization,
    plant,
    timezone,
    ...foldersOf({
      devicesFolder: resolve(['devices'], devices),
      dataFolder: resolve(['data'], data),
      routesFolder: resolve(['routes'], routes),
      isElsewhere: isRecord(parsed.configuration),
    }),
    routeSecrets: routeSecretsIn(env),
    warnings,
  }
}

/** Where the device maps, the routes and the data are, as far as a configuration with faults says it: these can be checked all the same. */
export function guessFolders({ file, env, cwd }: ConfigSource) {
  const path = resolve(cwd, file)
  const laid = overlays(env, gatewaySchema)
  const draft = createDraft(origin(readYamlFile(path, cwd), laid))
  const resolved = pathResolver(laid, dirname(path), { cwd, env })
  return {
    ...foldersOf({
      devicesFolder: resolved(['devices'], draft.judge(['devices'], devicesKey) ?? '../devices'),
      dataFolder: resolved(['data'], draft.judge(['data'], dataKey) ?? '../data'),
      routesFolder: resolved(['routes'], draft.judge(['routes'], routesKey) ?? 'routes'),
      isElsewhere: isRecord(draft.at(['configuration'])),
    }),
    routeSecrets: routeSecretsIn(env),
  }
}

interface WrittenFolders extends Pick<GatewayConfig, 'devicesFolder' | 'dataFolder' | 'routesFolder'> {
  readonly isElsewhere: boolean
}

/** Where maps and routes come from elsewhere, everybody reads the release in force in place of the folders of the file. */
function foldersOf({ isElsewhere, ...folders }: WrittenFolders): Omit<WrittenFolders, 'isElsewhere'> {
  if (!isElsewhere) return folders
  const { devices, routes } = releaseFolders(folders.dataFolder)
  return { ...folders, devicesFolder: devices, routesFolder: routes }
}

/** The file with the environment laid over it. A value of the environment has the name of its variable for a place. */
function origin(source: YamlSource, laid: readonly Overlay[]) {
  const value = laid.reduce((base, { path, value }) => overlay(base, path, value), source.value)
  return {
    value,
    written: source.written,
    place: (path: Path, at?: 'key' | 'value') => {
      const above = laid.findLast((one) => isWithin(path, one.path))
      return above
        ? { file: 'environment', line: 1, column: 1, path: above.variable }
        : source.place(path, at)
    },
  }
}

/** In the environment a line and a column say nothing: the message begins with the variable. */
function namedByVariable(fault: ConfigFault): ConfigFault {
  return fault.file === 'environment' ? { ...fault, message: `${fault.path}: ${fault.message}` } : fault
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, index) => path[index] === step)
}

/** How systemd tells a service where its credentials are. */
const CREDENTIALS = 'CREDENTIALS_DIRECTORY'

function pathResolver(
  laid: readonly Overlay[],
  fileFolder: string,
  { cwd, env }: Pick<ConfigSource, 'cwd' | 'env'>,
) {
  const fromEnvironment = new Set(laid.map(({ path }) => path.join('.')))
  return (at: Path, path: string) =>
    namedFile(path, fromEnvironment.has(at.join('.')) ? cwd : fileFolder, env[CREDENTIALS] || undefined)
}

function unknownVariableFault({
  variable,
  nearest,
}: {
  readonly variable: string
  readonly nearest: string | undefined
}): ConfigFault {
  const message = `unknown variable ${variable}`
  const hint = nearest && { hint: `did you mean ${nearest}?` }
  return { file: 'environment', line: 1, column: 1, path: variable, message, ...hint }
}
