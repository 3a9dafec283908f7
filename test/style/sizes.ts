/**
 * How long functions are, without the functions inside them: each of those is measured by itself, so that a factory
 * counts what it does and not what it makes. Biome's formatting makes indentation a grammar: a function ends where
 * its own margin returns.
 */
export interface FunctionSize {
  /** Where it begins, from 1. */
  readonly line: number
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
  const spans = functionSpans(text.split('\n'))
  return spans.map((span) => {
    const inner = spans.filter((other) => other !== span && contains(span, other))
    const outermost = inner.filter((one) => !inner.some((other) => other !== one && contains(other, one)))
    const innerLines = outermost.reduce((sum, one) => sum + length(one), 0)
    return { line: span.start + 1, lines: length(span) - innerLines }
  })
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

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

function length({ start, end }: Span): number {
  return end - start + 1
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
