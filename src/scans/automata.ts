/**
 * Loads refa when the first pattern is looked into: its tables of Unicode take 18 MB, and a gateway without scanners never asks for
 * them.
 */
import { loadedWhenUsed } from '../runtime/loaded-when-used.ts'

/** Finite automata of patterns; the first call takes some 40 ms. */
export const automata = loadedWhenUsed<typeof import('refa')>('refa')
