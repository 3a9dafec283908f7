/** How the saved states of subjects are read: each field is checked, and what cannot be read is named with its place. */
import { Fields, Unreadable } from './events/fields.ts'
import type { Instant } from './instant.ts'

/** What came of reading a saved state. */
export type StateRead<State> =
  | { readonly kind: 'read'; readonly state: State }
  /** `why` names the place: `state: session: "operator" is missing`. */
  | { readonly kind: 'unreadable'; readonly why: string }

/**
 * Reads a saved state. It never throws.
 * @param saved as JSON gave it
 * @param stateOf makes the state of its fields; what it throws as Unreadable becomes `why`
 */
export function readSavedState<State>(saved: unknown, stateOf: (fields: Fields) => State): StateRead<State> {
  try {
    return { kind: 'read', state: stateOf(fieldsOf(saved)) }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { kind: 'unreadable', why: error.message }
  }
}

function fieldsOf(saved: unknown): Fields {
  if (typeof saved !== 'object' || saved === null || Array.isArray(saved))
    throw new Unreadable('state: it is no group of fields')
  return new Fields('state', saved as Readonly<Record<string, unknown>>)
}

/**
 * A moment on both clocks.
 * @param boot of a state that named one boot for all of its moments
 * @throws Unreadable
 */
export function instant(parent: Fields, field: string, boot?: string): Instant {
  const fields = parent.group(field)
  return {
    boot: boot ?? fields.text('boot'),
    wallMs: fields.number('wallMs'),
    monoMs: fields.number('monoMs'),
  }
}

/**
 * The same where there need not be one.
 * @throws Unreadable
 */
export function instantOrNull(parent: Fields, field: string, boot?: string): Instant | null {
  return parent.groupOrNull(field) ? instant(parent, field, boot) : null
}
