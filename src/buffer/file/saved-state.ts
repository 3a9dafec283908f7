/** A state as it is saved: JSON text under its owner, and a hash that covers both. */
import { hash } from 'node:crypto'
import { parseOwner } from '../../domain/owner.ts'
import { hashBytes } from '../chain.ts'

/** One row of the table of states. */
export interface SavedState {
  readonly owner: string
  readonly payload: string
  readonly hash: Uint8Array
}

/** Covers the owner as well, so that no state can come to stand under another's name. SHA-256 of two lines of UTF-8 text. */
export function stateHash(owner: string, payload: string): Uint8Array {
  return hashBytes(hash('sha256', `${owner}\n${payload}`, 'hex'))
}

/** Whether its hash proves a saved state. A damaged page may give values of any type. */
export function isProvenState({ owner, payload, hash }: SavedState): boolean {
  return hash instanceof Uint8Array && Buffer.compare(hash, stateHash(owner, payload)) === 0
}

/** Whether a saved state is JSON, under the name of an owner. Earlier versions saved no hash: this is all that can be asked of theirs. */
export function isState(owner: string, payload: string): boolean {
  try {
    JSON.parse(payload)
    return parseOwner(owner) !== undefined
  } catch {
    return false
  }
}
