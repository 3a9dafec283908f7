/** A state as it is saved: JSON text under its owner, and a hash that covers both. */
import { parseOwner } from '../../domain/owner.ts'
import { proofOf } from './proof.ts'

/** One row of the table of states. */
export interface SavedState {
  readonly owner: string
  readonly payload: string
  readonly hash: Uint8Array
}

/** Whether its hash proves a saved state. A damaged page may give values of any type. */
export function isProvenState({ owner, payload, hash }: SavedState): boolean {
  return hash instanceof Uint8Array && Buffer.compare(hash, proofOf(owner, payload)) === 0
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
