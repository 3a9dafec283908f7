/** What rules say of signals that mean something only over time: words of their own, and no values. */
import type { DocumentDraft } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { shown } from '../../../documents/quantities.ts'
import type { Condition } from '../../../domain/machine-map.ts'
import { mapWordHint } from '../../words.ts'

/** The words of one signal. */
export interface PerceivedWords {
  /** By the word: what the signal is perceived to be then. */
  readonly means: Readonly<Record<string, readonly string[]>>
  /** Words that cannot be seen on this machine, and why. */
  readonly refused?: Readonly<Record<string, { readonly what: string; readonly hint: string }>>
}

/** The condition that a rule sets for one such signal; undefined when there are faults, which are then noted. */
export function perceivedCondition(
  draft: DocumentDraft,
  { signal, words: { means, refused } }: { readonly signal: string; readonly words: PerceivedWords },
  value: unknown,
  path: Path,
): Condition | undefined {
  const word = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  const values = Object.hasOwn(means, word) ? means[word] : undefined
  if (!values) {
    const known = Object.keys(means)
    draft.fault(path, `"${signal}" is never ${shown(value)}`, mapWordHint(word, known))
    return undefined
  }
  const refusal = refused?.[word]
  if (refusal) {
    draft.fault(path, refusal.what, refusal.hint)
    return undefined
  }
  return { kind: 'value', signal, test: { kind: 'one-of', values } }
}
