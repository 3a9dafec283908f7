/**
 * Loads refa when the first pattern is looked into: its tables of Unicode take 18 MB, and a gateway without scanners never asks for
 * them. It is `require` that loads it, because whoever asks what a pattern takes wants the answer at once.
 */
import { createRequire } from 'node:module'

/** Finite automata of patterns. */
type Automata = typeof import('refa')

const load = createRequire(import.meta.url)
let loaded: Automata | undefined

/** The library; the first call takes some 40 ms. */
export function automata(): Automata {
  loaded ??= load('refa') as Automata
  return loaded
}
