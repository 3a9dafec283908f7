/** What somebody meant who wrote the value of a rule in the way of another language: `"!=3"`, `"fault or off"`, `"1-3"`. */

const NUMBER = '-?\\d+(?:\\.\\d+)?'
/** A range with any dash, or with a word. */
const RANGE = new RegExp(`^(${NUMBER}) ?(?:[-‐‑‒–—―−]|\\.{3}|…|to|bis) ?(${NUMBER})$`, 'i')
const NOT = /^(?:!=?|<>|≠|not|nicht)\s*([^\s=].*)$/i
const EQUAL = /^==?\s*([^\s=].*)$/
const OR = /\s*(?:\|\|?|\bor\b|\boder\b)\s*/i

/** The hint for a value that is none, or undefined where nothing is known. */
export function meantValue(signal: string, written: string): string | undefined {
  const text = written.trim()
  const [, from, to] = RANGE.exec(text) ?? []
  if (from !== undefined) return `a range is written "${from}..${to}"`
  const [, refused] = NOT.exec(text) ?? []
  if (refused !== undefined) return `write not: {${signal}: ${refused}}`
  const [, equal] = EQUAL.exec(text) ?? []
  if (equal !== undefined) return `write ${signal}: ${equal}`
  const several = text.split(OR)
  return several.length > 1 && several.every(Boolean) ? `write ${signal}: [${several.join(', ')}]` : undefined
}
