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

  // What `console.log` and `util.inspect` ask for; a private field alone would be enough, but this says why it is empty.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}
