/** The token with which a gateway enrols: made where the DBA sits, and typed once at the gateway. */
import { randomInt } from 'node:crypto'
import { scramVerifier } from '../../../postgres/scram.ts'

/** Crockford's base 32: without the letters that are taken for digits, and without U. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const GROUPS = 4
const GROUP_LENGTH = 5
/** What people type for a digit that looks like it. */
const TAKEN_FOR: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' }

/** 100 bits of chance, in groups for people: `K7Q2M-0XH4T-9PJ3C-VB58W`. */
export function newToken(): string {
  const group = () =>
    Array.from({ length: GROUP_LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}

/** A token as it proves itself, however it was typed; undefined where it cannot be one. */
export function typedToken(typed: string): string | undefined {
  const letters = typed
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/[OIL]/g, (letter) => TAKEN_FOR[letter] ?? letter)
  const isWhole = letters.length === GROUPS * GROUP_LENGTH
  return isWhole && [...letters].every((letter) => LETTERS.includes(letter)) ? letters : undefined
}

/** What central may know of a token. */
export function tokenVerifier(token: string): string {
  return scramVerifier(typedToken(token) ?? '')
}
