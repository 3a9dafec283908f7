/** Which file may import which: the directions of docs/architecture.md, as a function from text to complaints. */
import { posix } from 'node:path'

/** Rooms that every room may use. */
const COMMON = ['domain', 'runtime']
/** Rooms that may use the domain's words and nothing else, not even a clock. */
const PURE = ['status', 'scans']
/** The only files that know many rooms; `commands/` is the only such folder. */
const JOINERS = ['src/gateway.ts', 'src/pipeline.ts', 'src/main.ts']
const JOINING_ROOM = 'commands'

/**
 * What is wrong with the imports of one file.
 * @param file its path from the repository's root, `src/buffer/outbox.ts`
 */
export function importFaults(file: string, text: string): readonly string[] {
  return importedPaths(text)
    .filter((path) => path.startsWith('.'))
    .map((path) => posix.join(posix.dirname(file), path))
    .flatMap((target) => directionFault(file, target) ?? [])
}

function directionFault(file: string, target: string): string | undefined {
  const fault = `${file} must not import ${target}`
  if (file.startsWith('simulators/')) return target.startsWith('simulators/') ? undefined : fault
  if (!target.startsWith('src/')) return target === 'package.json' ? undefined : fault
  if (JOINERS.includes(file)) return undefined
  const [from, to] = [room(file), room(target)]
  if (from === to || from === JOINING_ROOM) return undefined
  return mayUse(from).includes(to) ? undefined : fault
}

function mayUse(from: string): readonly string[] {
  if (COMMON.includes(from)) return []
  return PURE.includes(from) ? ['domain'] : COMMON
}

/** `src/buffer/outbox.ts` → `buffer`; a file beside the rooms is a room of its own. */
function room(file: string): string {
  return file.split('/')[1] ?? ''
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
