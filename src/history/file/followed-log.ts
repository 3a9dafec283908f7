/** The local log as the history follows it. */
import { type LogReader, openLogReader } from '../../buffer/log-reader.ts'

/** The local log, read wherever the gateway has begun it anew meanwhile. */
export class FollowedLog {
  readonly #file: string
  #reader: LogReader | undefined

  constructor(file: string) {
    this.#file = file
  }

  get now(): LogReader {
    if (this.#reader && !this.#reader.isInPlace) this.letGo()
    this.#reader ??= openLogReader(this.#file)
    return this.#reader
  }

  /** On a full disk the gateway may have to open its log so that nobody else has it open. */
  letGo(): void {
    this.#reader?.[Symbol.dispose]()
    this.#reader = undefined
  }
}
