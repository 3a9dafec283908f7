/** What is in a file, in memory that is not copied with each write. */
export class GrowingFile {
  #bytes: Buffer
  #length: number

  constructor(content: Uint8Array = new Uint8Array()) {
    this.#bytes = Buffer.from(content)
    this.#length = content.length
  }

  /** As it is now; later writes may change it. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  write(at: number, bytes: Uint8Array): void {
    this.truncate(Math.max(this.#length, at + bytes.length))
    this.#bytes.set(bytes, at)
  }

  /** Also to a greater length: what is new then holds zeros. */
  truncate(length: number): void {
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * length)
      larger.set(this.content)
      this.#bytes = larger
    }
    if (length < this.#length) this.#bytes.fill(0, length, this.#length)
    this.#length = length
  }
}
