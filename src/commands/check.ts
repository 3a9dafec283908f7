/** `millrace check`: every fault of the configuration and the device maps, before the gateway meets it. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { guessDevicesFolder, loadConfig } from '../config/load-config.ts'
import { CONFIG_FAULTS, ConfigError, type ConfigFault, faultText } from '../domain/errors.ts'
import { createDrivers } from '../drivers/index.ts'
import { MAP_FAULTS } from '../maps/follow-maps.ts'
import { readMapFiles, readProfileFaults } from '../maps/map-files.ts'
import type { Command, CommandContext } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
const INVALID = 2

export const checkCommand: Command = {
  name: 'check',
  summary: 'names every fault of the configuration and the device maps, with line and column',
  usage: 'millrace check [--config config/gateway.yaml] [--json] [FILE…]',
  exits: ['0 valid', '2 faults, each with file, line and column'],
  example: 'millrace check devices/press-07.yaml',
  page: 'docs/configuration.md',
  async run(context) {
    const { args, cwd, out, err } = context
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const wanted = positionals.map((file) => resolve(cwd, file))
    const { faults, hints, machines } = checkAll(context, configFile(values, cwd), wanted)
    if (values.json) out(`${JSON.stringify({ valid: faults.length === 0, faults: faults.map(asJson) })}\n`)
    else if (faults.length > 0) out(`${faults.map(faultText).join('\n')}\n`)
    else out(`valid: ${machines} ${machines === 1 ? 'machine' : 'machines'}\n`)
    for (const hint of hints) err(`hint: ${faultText(hint)}\n`)
    return faults.length === 0 ? 0 : INVALID
  },
}

/** A fault with the code by which the log and `status` name it. */
interface CodedFault extends ConfigFault {
  readonly code: string
}

interface Verdict {
  readonly faults: readonly CodedFault[]
  readonly hints: readonly ConfigFault[]
  readonly machines: number
}

/** Wanted files are judged within the whole set, and only their own faults count; without any, all files are wanted. */
function checkAll({ env, cwd }: CommandContext, file: string, wanted: readonly string[]): Verdict {
  const config = checkConfig({ file, env, cwd })
  const drivers = createDrivers().all
  const known = new Set(readMapFiles({ folder: config.devicesFolder, drivers, cwd }).files.map(pathIn(cwd)))
  const profiles = resolve(config.devicesFolder, 'profiles')
  const extra = wanted.filter((path) => path !== file && !known.has(path) && !path.startsWith(profiles))
  const where = { folder: config.devicesFolder, drivers, cwd, extra }
  const { files, folderFault } = readMapFiles(where)
  const isWanted = (fault: ConfigFault) => wanted.length === 0 || wanted.includes(resolve(cwd, fault.file))
  const mapFaults = [
    ...(folderFault ? [folderFault] : []),
    ...readProfileFaults(where),
    ...files.flatMap((map) => map.faults),
  ]
  const faults = [...config.faults.map(coded(CONFIG_FAULTS)), ...mapFaults.map(coded(MAP_FAULTS))].filter(
    isWanted,
  )
  const hints = [...config.warnings, ...files.flatMap((map) => map.hints)].filter(isWanted)
  const judged = files.filter(
    ({ map, file }) => map && (wanted.length === 0 || wanted.includes(resolve(cwd, file))),
  )
  return { faults: distinct(faults).toSorted(byPlace), hints, machines: judged.length }
}

function checkConfig(source: Parameters<typeof loadConfig>[0]) {
  try {
    return { faults: [], ...loadConfig(source) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { faults: error.faults, warnings: [], devicesFolder: guessDevicesFolder(source) }
  }
}

function coded(code: string) {
  return (fault: ConfigFault): CodedFault => ({ ...fault, code })
}

function pathIn(cwd: string) {
  return ({ file }: { readonly file: string }) => resolve(cwd, file)
}

/** A profile's fault is found once for each map that draws on it. */
function distinct(faults: readonly CodedFault[]): readonly CodedFault[] {
  return [...new Map(faults.map((fault) => [faultText(fault), fault])).values()]
}

function byPlace(a: ConfigFault, b: ConfigFault): number {
  return a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1
}

function asJson({ code, file, line, column, path, message, hint }: CodedFault) {
  return { code, file, line, column, path, message, hint: hint ?? null }
}
