/**
 * How long functions are, with everything inside them: a reader of a factory has to hold what it makes in mind too.
 * The code is formatted by Biome, so that indentation shows the structure: a function ends at the first closing bracket
 * with the same indentation.
 */
import type { SourceFile } from './source-files.ts'

export interface FunctionSize {
  /** As it is declared; `line 12` for one that has no name. */
  readonly name: string
  readonly lines: number
}

interface Span {
  readonly start: number
  readonly end: number
}

/** A line that opens the body of a function: `function f() {`, `run: async () => {`, `async push(a: A): Promise<B> {`, `): B {`. */
const OPENS_BODY = /(?:=>|\)(?:: .+)?) \{$/
const IS_NO_FUNCTION = /^\s*(?:\} )?(?:if|else|for|while|switch|catch|with|do|try)\b/
/** The start of a signature that is spread over lines: its body opens at the closing bracket. */
const SIGNATURE = /^\s*(?:export )?(?:async )?(?:(?:static |#|get |set )*[\w$]+|function \w+)(?:<.*>)?\($/

/** Every function that has a body of several lines. */
export function functionSizes(text: string): readonly FunctionSize[] {
  const lines = text.split('\n')
  return functionSpans(lines).map(({ start, end }) => ({
    name: nameOf(lines[start] ?? '') ?? `line ${start + 1}`,
    lines: end - start + 1,
  }))
}

/** What exceeds a bound, as complaints. */
export function longFunctions(sources: readonly SourceFile[], most: number): readonly string[] {
  const long = sources.flatMap(({ file, text }) =>
    functionSizes(text)
      .filter(({ lines }) => lines > most)
      .map(({ name }) => `long function: ${file} ${name}`),
  )
  return long.toSorted()
}

/** `function f(`, `const f = (`, `  async run(`. */
function nameOf(line: string): string | undefined {
  return (
    /\bfunction (\w+)/.exec(line)?.[1] ??
    /\b(?:const|let) (\w+) =/.exec(line)?.[1] ??
    /^\s*(?:export |static |async |get |set )*(#?\w+)(?:<.*>)?\((?!.*=> \{$)/.exec(line)?.[1]
  )
}

function functionSpans(lines: readonly string[]): readonly Span[] {
  return lines.flatMap((line, index) => {
    if (!OPENS_BODY.test(line) || IS_NO_FUNCTION.test(line)) return []
    const margin = marginOf(line)
    const end = lines.findIndex((later, at) => at > index && later.startsWith(`${margin}}`))
    const start = line.trimStart().startsWith(')') ? signatureStart(lines, index, margin) : index
    return start === undefined || end === -1 ? [] : [{ start, end }]
  })
}

/** Where the signature began, or undefined where the bracket belongs to an `if (` spread over lines. */
function signatureStart(lines: readonly string[], closing: number, margin: string): number | undefined {
  const start = lines.findLastIndex((line, at) => at < closing && marginOf(line) === margin)
  const opening = lines[start] ?? ''
  return IS_NO_FUNCTION.test(opening) && !SIGNATURE.test(opening) ? undefined : start
}

function marginOf(line: string): string {
  return /^ */.exec(line)?.[0] ?? ''
}
