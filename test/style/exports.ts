/** What files export, and which of it nobody imports or two files call by one name. */
import { posix } from 'node:path'
import { withoutComments } from './imports.ts'
import type { SourceFile } from './source-files.ts'

/** `import { a, type B as C } from`, `import * as all from`, `export { a } from`, `export * from`. */
const FROM = /^\s*(?:import|export)\s+(?:type\s+)?(\*|\{[^}]*\})[\w\s]*?\sfrom\s+'([^'\n]+)'/gm
/** `(await import('./a.ts')).name` and `import('./a.ts').Type` name one thing; without a name everything may be used. */
const CALLED = /\bimport\(\s*'([^'\n]+)'\s*\)\)?(?:\.([\w$]+))?/g
/** `const { a } = await import('./a.ts')`. */
const TAKEN_APART = /\{([^{}]*)\}\s*=\s*await import\(\s*'([^'\n]+)'\s*\)/g
/** `threadFile(import.meta.url, './a')`: what another thread loads, and takes out of it what it needs. */
const LOADED_BY_THREAD = /\bthreadFile\(import\.meta\.url, '([^'\n]+)'\)/g
const DECLARED =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function|const|let|class|interface|type)\b\*?\s+([\w$]+)/gm
const LISTED = /^export\s+(?:type\s+)?\{([^}]*)\}/gm
const EVERYTHING = '*'
const TYPES = ['class', 'interface', 'type']

/**
 * Exported names that no other file imports.
 * @param exporting the files whose exports are looked at
 * @param all every file that could import them
 */
export function deadExports(exporting: readonly SourceFile[], all: readonly SourceFile[]): readonly string[] {
  const used = new Set(all.flatMap(usesOf))
  return exporting
    .filter(({ file }) => !used.has(use(file, EVERYTHING)))
    .flatMap(({ file, text }) =>
      exportsOf(text)
        .filter((name) => !used.has(use(file, name)))
        .map((name) => `dead export: ${file} ${name}`),
    )
    .toSorted()
}

/** Types of one name that several files export: a reader who looks for one finds the other. */
export function twinTypes(sources: readonly SourceFile[]): readonly string[] {
  const homes = Map.groupBy(
    sources.flatMap(({ file, text }) => typesOf(text).map((name) => ({ file, name }))),
    ({ name }) => name,
  )
  return [...homes]
    .filter(([, found]) => found.length > 1)
    .map(
      ([name, found]) =>
        `twin type: ${name} in ${found
          .map(({ file }) => file)
          .toSorted()
          .join(', ')}`,
    )
    .toSorted()
}

function exportsOf(text: string): readonly string[] {
  const code = withoutComments(text)
  const declared = [...code.matchAll(DECLARED)].flatMap(([, , name]) => name ?? [])
  const listed = [...code.matchAll(LISTED)].flatMap(([, clause = '']) => namesOf(clause, 'new'))
  return [...declared, ...listed]
}

function typesOf(text: string): readonly string[] {
  const declared = withoutComments(text).matchAll(DECLARED)
  return [...declared].flatMap(([, word = '', name]) => (TYPES.includes(word) && name ? [name] : []))
}

function usesOf({ file, text }: SourceFile): readonly string[] {
  const code = withoutComments(text)
  const target = (path: string) => posix.join(posix.dirname(file), path)
  const statements = [...code.matchAll(FROM)].flatMap(([, clause = '', path = '']) =>
    clause === EVERYTHING ? use(target(path), EVERYTHING) : usesAt(target(path), clause),
  )
  const apart = [...code.matchAll(TAKEN_APART)].flatMap(([, clause = '', path = '']) =>
    usesAt(target(path), clause),
  )
  const called = [...code.replace(TAKEN_APART, '').matchAll(CALLED)].map(([, path = '', name]) =>
    use(target(path), name ?? EVERYTHING),
  )
  const byThread = [...code.matchAll(LOADED_BY_THREAD)].map(([, path = '']) =>
    use(target(`${path}.ts`), EVERYTHING),
  )
  return [...statements, ...apart, ...called, ...byThread]
}

function usesAt(file: string, clause: string): readonly string[] {
  return namesOf(clause, 'old').map((name) => use(file, name))
}

/** `{ a, type B as C }`: its names as they are exported (`old`: a, B) or as they are called from here on (`new`: a, C). */
function namesOf(clause: string, which: 'old' | 'new'): readonly string[] {
  return clause
    .replace(/[{}]/g, '')
    .split(',')
    .map((part) =>
      part
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+|\s*:\s*/),
    )
    .flatMap((names) => names.at(which === 'old' ? 0 : -1) || [])
}

function use(file: string, name: string): string {
  return `${file} ${name}`
}
