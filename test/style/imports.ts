/**
 * Which file may import which: the table of docs/ARCHITECTURE.md, as a function from text to complaints.
 *
 * A room is a folder below `src/`. A route (`routes/NAME/`) is a room of its own, so that no route can import another.
 */
import { posix } from 'node:path'

/** Rooms that everybody but the pure ones may use. */
const COMMON = ['domain', 'runtime']
/** Rooms that wrap a technology: they know no word of the domain but its errors. */
const TECHNOLOGY = ['documents', 'sqlite', 'postgres', 'mqtt']
const TECHNOLOGY_MAY = ['domain/errors.ts', 'runtime']
/** Wraps the ports of the computer, for the rooms that talk to devices. */
const PORTS = 'ports'
/** Each does one task over many rooms, and none knows another. */
const TASKS = ['gateway.ts', 'adoption', 'audit', 'backup', 'decommission', 'demo', 'support']
/** Shows what the rooms know: the gateway serves it. */
const VIEWS = 'api'

/** Each room owns its settings, and `config` composes them: it may look into no other file of a room. */
const SETTINGS = '*/settings.ts'

/** What a room may import, by room or by file; the room itself always. docs/ARCHITECTURE.md shows it to readers. */
export const TABLE: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  runtime: [],
  documents: TECHNOLOGY_MAY,
  sqlite: TECHNOLOGY_MAY,
  // Its settings are keys of a file, as everybody else's are.
  postgres: [...TECHNOLOGY_MAY, 'documents'],
  mqtt: [...TECHNOLOGY_MAY, 'documents'],
  ports: TECHNOLOGY_MAY,
  status: ['domain'],
  scans: ['domain', 'runtime/loaded-when-used.ts'],
  drivers: [...COMMON, ...TECHNOLOGY, PORTS],
  scanners: [...COMMON, ...TECHNOLOGY, PORTS],
  buffer: [...COMMON, ...TECHNOLOGY],
  masterdata: [...COMMON, ...TECHNOLOGY],
  pair: [...COMMON, 'documents'],
  recording: [...COMMON, 'documents', 'sqlite', 'status'],
  'audit-trail': [...COMMON, 'sqlite'],
  console: [...COMMON, ...TECHNOLOGY, 'audit-trail'],
  // What the report is made of is what is measured.
  metrics: [...COMMON, 'documents', 'console/report.ts'],
  // The contract of the kinds that files can describe is no route.
  routes: [...COMMON, ...TECHNOLOGY, 'routes/route-kind.ts'],
  // It reads the log beside the thread that writes it.
  history: [...COMMON, 'sqlite', 'buffer/log-reader.ts'],
  collector: COMMON,
  uploader: COMMON,
  config: [...COMMON, 'documents', SETTINGS],
  maps: [...COMMON, 'documents', 'scans'],
  // It judges maps and routes as whoever reads them does.
  releases: [...COMMON, 'documents', 'drivers', 'scanners', 'maps', 'routes'],
  workbench: [...COMMON, 'documents', 'drivers', 'maps', 'status', 'collector'],
  'what-if': [...COMMON, 'status', 'recording', 'history'],
  sheets: [...COMMON, 'documents'],
  'pipeline.ts': ['status', 'scans', ...COMMON],
}

/**
 * What is wrong with the imports of one file.
 * @param file its path from the repository's root, `src/buffer/outbox.ts`
 */
export function importFaults(file: string, text: string): readonly string[] {
  return importedFiles(file, text).flatMap((target) => directionFault(file, target) ?? [])
}

/** Of the gateway, the pages of the console take types alone, and those only of what goes over the wire, and of the statuses. */
export function pageImportFaults(file: string, text: string): readonly string[] {
  const typesOnly = text.match(TYPE_STATEMENT)?.join('\n') ?? ''
  const types = importedFiles(file, typesOnly)
  return importedFiles(file, text)
    .filter((target) => !target.startsWith('console/'))
    .filter((target) => !types.includes(target) || !FOR_PAGES.test(target))
    .map((target) => `${file} must not import ${target}`)
}

const TYPE_STATEMENT = /^import type [\w$\s,*{}]*?\sfrom '[^'\n]+'/gm
const FOR_PAGES = /^src\/(?:.*[/-]shapes|domain\/status)\.ts$/

/** The files of ours that one file imports, by path from the repository's root. */
export function importedFiles(file: string, text: string): readonly string[] {
  return importedPaths(text)
    .filter((path) => path.startsWith('.'))
    .map((path) => posix.join(posix.dirname(file), path))
}

function directionFault(file: string, target: string): string | undefined {
  const fault = `${file} must not import ${target}`
  if (file.startsWith('simulators/')) return target.startsWith('simulators/') ? undefined : fault
  if (!target.startsWith('src/')) return target === 'package.json' ? undefined : fault
  return mayImport(file, target) ? undefined : fault
}

function mayImport(file: string, target: string): boolean {
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to) return true
  if (from === 'main.ts') return to === 'commands' || to === 'runtime'
  if (from === 'commands') return to !== 'main.ts'
  if (from === VIEWS) return to !== 'main.ts' && to !== 'commands' && to !== 'demo' && to !== 'gateway.ts'
  if (to === VIEWS) return from === 'gateway.ts'
  if (TASKS.includes(from)) return to !== 'main.ts' && to !== 'commands' && !TASKS.includes(to)
  // The list of the routes knows each of them.
  if (from === 'routes' && to.startsWith('routes/')) return true
  const allowed = TABLE[from.split('/')[0] ?? ''] ?? []
  if (allowed.includes(SETTINGS) && target === `src/${to}/settings.ts`) return true
  return allowed.some((room) => room === to || `src/${room}` === target)
}

/**
 * `src/buffer/outbox.ts` → `buffer`, `src/routes/mes/codes.ts` → `routes/mes`; a file beside the rooms is a room of its own, and
 * what `gateway.ts` has in its folder belongs to it.
 */
function roomOf(file: string): string {
  const [, room = '', inside = '', ...rest] = file.split('/')
  if (room === 'gateway') return 'gateway.ts'
  return room === 'routes' && rest.length > 0 ? `${room}/${inside}` : room
}

/** Every path that a file imports or exports from, types and dynamic imports included. */
export function importedPaths(text: string): readonly string[] {
  const code = withoutComments(text)
  const statements = code.matchAll(STATEMENT)
  const calls = code.matchAll(/\bimport\(\s*['"]([^'"\n]+)['"]/g)
  return [...statements, ...calls].flatMap(([, path]) => path ?? [])
}
/** `import './a.ts'`, or a clause of names between the word and `from`; the clause may go over lines. */
const STATEMENT = /^\s*(?:import|export)\s+(?:[\w$*{][\w$\s,*{}]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm

/** Blanks comments, and leaves text within quotes alone. Lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replace(TOKEN, (token) => (/^\/[/*]/.test(token) ? token.replace(/[^\n]/g, ' ') : token))
}

/** The comments alone, one after the other. */
export function commentsOf(text: string): string {
  return (text.match(TOKEN) ?? []).filter((token) => /^\/[/*]/.test(token)).join('\n')
}

/** Blanks comments, quoted text and regular expressions: what is left is what runs. Templates' expressions stay. */
export function codeOnly(text: string): string {
  return text.replace(TOKEN, (token) =>
    token.startsWith('`') ? expressionsOf(token) : token.replace(/[^\n]/g, ' '),
  )
}

function expressionsOf(template: string): string {
  return (template.match(/\$\{[^}]*\}/g) ?? []).join(' ')
}

/** A comment, a text within quotes, or a regular expression where one may stand. Biome's formatting makes this enough. */
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g
