/** A password or passphrase. Printing, logging or serializing it shows three asterisks; only `reveal` gives it out. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The secret itself, for the one call that needs it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  // `console.log` and `util.inspect` call this. They cannot see a private field, and without it would show an empty object.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}

/** More than any secret has: a file that is longer holds something else. */
export const SECRET_BYTES_MAX = 65_536

/** What a file with a secret holds: the line end that an editor puts behind it is no part of it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}
