/** Calls to a thread of our own: what both ends say of an answer, and who waits for it. */

/** What became of a call. `Fault`: what the other thread could not do, in a form that can be sent. */
export type CallOutcome<Fault> =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: Fault }

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The calls of one caller that have no answer yet, by their numbers. */
export class OpenCalls<Fault> {
  readonly #waiting = new Map<number, Waiting>()
  readonly #errorOf: (fault: Fault) => Error

  /** @param errorOf what the caller is to throw for a fault */
  constructor(errorOf: (fault: Fault) => Error) {
    this.#errorOf = errorOf
  }

  /** The answer to the call of this number, once it is there. */
  answerTo(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** An answer has come. */
  settle(id: number, outcome: CallOutcome<Fault>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (outcome.ok) waiting?.resolve(outcome.value)
    else waiting?.reject(this.#errorOf(outcome.fault))
  }

  /** No answer comes any more. */
  failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/**
 * The file in which a thread begins, under the same ending as the one that starts it: TypeScript as run from source, JavaScript
 * as packaged.
 * @param starter `import.meta.url` of whoever starts it
 * @param path relative to that, without ending
 */
export function threadFile(starter: string, path: string): URL {
  const ending = starter.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`${path}.${ending}`, starter)
}
