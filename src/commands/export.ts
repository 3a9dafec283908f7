/** `millrace export MAP.yaml`: the signals of a device map as a sheet for spreadsheets, which `millrace import` reads again. */
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { isRecord } from '../documents/draft.ts'
import { readYamlFile, type YamlSource } from '../documents/yaml-source.ts'
import { ConfigError } from '../domain/errors.ts'
import { isMachine, ownerCode } from '../domain/owner.ts'
import { readMapFiles } from '../maps/map-files.ts'
import { sheetText } from '../sheets/sheet-text.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { knownHardware } from './hardware.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

export const exportCommand: Command = {
  name: 'export',
  summary: 'writes the signals of a device map as a sheet for spreadsheets',
  usage: `millrace export MAP.yaml|MACHINE [--config config/gateway.yaml]
    the sheet goes to standard output, as CSV with semicolons; millrace import reads it again`,
  exits: ['0 written', '2 there is no such map, or it is no YAML'],
  example: 'millrace export PRESS-07 > press-07.csv',
  page: 'docs/sheets.md',
  async run(context) {
    const { args, out, err } = context
    const { values, positionals } = parseArgs({
      args: [...args],
      options: CONFIG_OPTION,
      allowPositionals: true,
    })
    const [wanted, ...others] = positionals
    if (wanted === undefined || others.length > 0) throw new UsageError('name one map or one machine')
    const source = mapOf(wanted, configFile(values, context.cwd), context)
    if (source.faults.length > 0) throw new ConfigError(source.faults)
    const { text, leftOut } = sheetText(writtenIn(source))
    await out(text)
    if (leftOut.length > 0) err(`the sheet has no column for: ${leftOut.join(', ')}\n`)
    if (hasProfile(source)) err(`signals of its profile are not in the sheet: they stand in the profile\n`)
    return 0
  },
}

/** By its path, or by the code of its machine. */
function mapOf(wanted: string, file: string, { env, cwd }: CommandContext): YamlSource {
  const path = resolve(cwd, wanted)
  if (existsSync(path)) return readYamlFile(path, cwd)
  const { devicesFolder: folder } = loadConfigWithoutSecrets({ file, env, cwd })
  const { files } = readMapFiles({ folder, ...knownHardware(), cwd })
  const found = files.find(
    ({ owner }) => owner !== undefined && isMachine(owner) && ownerCode(owner) === wanted,
  )
  if (found) return found.source
  throw new UsageError(
    `there is neither a file ${wanted} nor a map of a machine ${wanted} in ${relative(cwd, join(folder)) || folder}`,
  )
}

function writtenIn(source: YamlSource) {
  const { machine, signals } = isRecord(source.value) ? source.value : {}
  if (typeof machine !== 'string' || !isRecord(signals))
    throw new UsageError(`${source.file} is no map of a machine with signals`)
  const entries = Object.entries(signals).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  )
  return {
    machine,
    signals: Object.fromEntries(entries),
    written: (signal: string, key: string) => source.written(['signals', signal, key]),
  }
}

function hasProfile({ value }: YamlSource): boolean {
  if (!isRecord(value)) return false
  return 'profile' in value || (isRecord(value.device) && 'profile' in value.device)
}
