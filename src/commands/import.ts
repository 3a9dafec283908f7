/**
 * `millrace import FILE`: a sheet of signals, as other programs export them, becomes a device map. It always shows first what it
 * understood and what has to be checked; it writes only where `--into` says so.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FILE_BYTES_MAX, parseYaml, reasonText } from '../documents/yaml-source.ts'
import { type ConfigFault, GatewayError, printable } from '../domain/errors.ts'
import { compileMap } from '../maps/compile-map.ts'
import { folderTables } from '../maps/machine/reasons/reason-file.ts'
import { folderShelf, PROFILES_FOLDER } from '../maps/profiles/shelf.ts'
import { replaceFileSync } from '../runtime/files.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import { type MergedMap, mergedMapText, newMapText } from '../sheets/map-text.ts'
import { readSheet, SHEET_FORMATS } from '../sheets/read-sheet.ts'
import type { Sheet, SheetDoubt, SheetSignal } from '../sheets/sheet.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { knownHardware } from './hardware.ts'

const DONE = 0
const UNUSABLE = 2
/** Everybody in the plant may read a map: it holds no secret. */
const MAP_MODE = 0o644

const OPTIONS = {
  into: { type: 'string' },
  format: { type: 'string' },
  machine: { type: 'string' },
  device: { type: 'string' },
  host: { type: 'string' },
  url: { type: 'string' },
  area: { type: 'string' },
  controller: { type: 'string' },
} as const

type Options = Partial<Readonly<Record<keyof typeof OPTIONS, string>>>

export const importCommand: Command = {
  name: 'import',
  summary: 'makes a device map of a sheet of signals, with a preview',
  usage: `millrace import FILE [--into MAP.yaml] [--machine CODE] [--host HOST | --url URL]
                [--format ${SHEET_FORMATS.join('|')}] [--area HR|IR|DI|CO] [--controller NAME] [--device NAME]
    shows what the sheet was understood as, line by line where something has to be checked, and then the map
    --into writes the map; where it is there already, its signals are added or brought up to date, and all else stays
    --format is found out unless given; --area and --controller say what a sheet of ioBroker or CODESYS does not
    --device names which of several devices of the map has the signals`,
  exits: [
    '0 understood, and written where --into says so',
    '2 not understood, or signals with faults: nothing is written',
  ],
  example: 'millrace import tags.csv --machine PRESS-07 --host 10.20.3.17 --into devices/press-07.yaml',
  page: 'docs/sheets.md',
  async run({ args, cwd, out, err }) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('name one file')
    checkWords(values)
    const sheet = readSheet(bytesOf(resolve(cwd, file)), values)
    err(previewText(file, sheet))
    const target = values.into === undefined ? undefined : resolve(cwd, values.into)
    const made = mapOf(sheet, values, { file, target, cwd })
    if (made.merged) err(mergedText(made.merged))
    const faults = faultsOf(made.text, { target, cwd })
    for (const line of faultTexts(faults, sheet)) err(line)
    if (faults.length > 0) return UNUSABLE
    if (target === undefined) await out(made.text)
    else {
      replaceFileSync(target, made.text, MAP_MODE)
      err(
        `written: ${relative(cwd, target)}; millrace check ${relative(cwd, target)} says what it still needs\n`,
      )
    }
    return DONE
  },
}

function checkWords({ format, area }: Options): void {
  if (format !== undefined && !SHEET_FORMATS.includes(format))
    throw new UsageError(`there is no format "${format}": one of ${SHEET_FORMATS.join(', ')}`)
  if (area !== undefined && !['HR', 'IR', 'DI', 'CO'].includes(area))
    throw new UsageError(`there is no area "${area}": HR (holding registers), IR, DI or CO`)
}

function bytesOf(path: string): Uint8Array {
  try {
    return readPlainFile(path, FILE_BYTES_MAX)
  } catch (error) {
    throw new FileFault(`the file ${path} cannot be read: ${reasonText(error)}`)
  }
}

/** A file that cannot be read, or a map into which nothing can be laid. */
class FileFault extends GatewayError {
  override readonly name = 'FileFault'
  readonly retryable = false
  constructor(message: string, hint?: string) {
    super('import-file', message, hint === undefined ? {} : { hint })
  }
}

interface Places {
  readonly file: string
  readonly target: string | undefined
  readonly cwd: CommandContext['cwd']
}

function mapOf(
  sheet: Sheet,
  options: Options,
  { file, target }: Places,
): { text: string; merged?: MergedMap } {
  if (target !== undefined && existsSync(target)) {
    const merged = mergedMapText(readFileSync(target, 'utf8'), sheet, options.device)
    if (!merged)
      throw new FileFault(
        `${target} is no map into which signals can be laid`,
        'millrace check says what is wrong with it',
      )
    return { text: merged.text, merged }
  }
  const machine = options.machine ?? sheet.machine ?? machineNamed(target ?? file)
  const device = { ...(options.host && { host: options.host }), ...(options.url && { url: options.url }) }
  return { text: newMapText(sheet, { machine, device }) }
}

/** `press-07.yaml` describes PRESS-07. */
function machineNamed(path: string): string {
  return basename(path)
    .replace(/\.[^.]*$/, '')
    .toUpperCase()
}

/** Faults of the signals: what a new map lacks otherwise, `check` says. */
function faultsOf(text: string, { target, cwd }: Omit<Places, 'file'>): readonly ConfigFault[] {
  const folder = target === undefined ? cwd : dirname(target)
  const shelves = {
    profiles: folderShelf(join(folder, PROFILES_FOLDER), cwd),
    tables: folderTables(folder, cwd),
  }
  const { faults } = compileMap(parseYaml(text, 'the map'), { ...knownHardware(), ...shelves, folder })
  return faults.filter(({ path }) => path.startsWith('signals.'))
}

/** Each fault with the line of the sheet that it comes from. */
function* faultTexts(faults: readonly ConfigFault[], { signals }: Sheet): Iterable<string> {
  for (const { path, message, hint } of faults) {
    const signal = signals.find(
      ({ name }) => path === `signals.${name}` || path.startsWith(`signals.${name}.`),
    )
    const place = signal ? `line ${signal.line}` : path
    yield `fault: ${place}: ${message}${hint === undefined ? '' : `; ${hint}`}\n`
  }
}

/** What the sheet was understood as. What stands in a file is anybody's text. */
function previewText(file: string, { format, signals, doubts }: Sheet): string {
  const left = doubts.filter(({ isLeftOut }) => isLeftOut).length
  const head = `${file}: ${format}; ${counted(signals.length, 'signal')}${left > 0 ? `, ${counted(left, 'line')} left out` : ''}`
  const width = Math.max(0, ...signals.map(({ name }) => name.length))
  return [head, ...signals.map((signal) => signalText(signal, width)), ...doubts.map(doubtText)]
    .map((line) => `${printable(line)}\n`)
    .join('')
}

function signalText({ name, keys, about }: SheetSignal, width: number): string {
  const { at, node, type, ...others } = keys
  const rest = Object.entries(others).map(
    ([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
  const words = [at ?? node, type, ...rest].filter((word) => word !== undefined)
  return `  ${name.padEnd(width)}  ${words.join('  ')}${about === undefined ? '' : `  # ${about}`}`
}

function doubtText({ line, what, hint, isLeftOut }: SheetDoubt): string {
  return `${isLeftOut ? 'left out' : 'check'}: line ${line}: ${what}${hint === undefined ? '' : `; ${hint}`}`
}

function mergedText({ added, changed, same }: MergedMap): string {
  const parts = [
    added.length > 0 ? `added: ${added.join(', ')}` : '',
    changed.length > 0 ? `changed: ${changed.join(', ')}` : '',
    same.length > 0 ? `${same.length} unchanged` : '',
  ]
  return `${parts.filter((part) => part !== '').join('; ')}\n`
}
