/**
 * Reads `gateway.yaml` and the environment into one frozen Config.
 *
 * It finds every fault before it gives up. It never prints a secret, and never reads a device map: those may be broken
 * without stopping the gateway.
 */
import { dirname, resolve } from 'node:path'
import { createDraft, deepFreeze } from '../documents/draft.ts'
import { type Path, readYamlFile, type YamlSource } from '../documents/yaml-source.ts'
import { ConfigError, type ConfigFault } from '../domain/errors.ts'
import { centralOf, type Reading } from './central-config.ts'
import type { Config } from './config.ts'
import { type Environment, type Overlay, overlay, overlays, unknownVariables } from './environment.ts'
import { gatewaySchema } from './gateway-schema.ts'

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
