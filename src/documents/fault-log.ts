/** Logs faults of files that are read again whenever they change: once when they are found, and once when they are over. */
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Log } from '../runtime/log.ts'

/** The folder is read again whenever any of its files changes: what was logged already is not logged again. */
export class FaultLog {
  readonly #log: Pick<Log, 'info' | 'warn'>
  readonly #code: string
  /** Faults that were logged and are not over, with the fields of their lines. */
  readonly #logged = new Map<string, object>()

  /** @param code by which the log names them, and `status` too */
  constructor(log: Pick<Log, 'info' | 'warn'>, code: string) {
    this.#log = log
    this.#code = code
  }

  /** @param consequence stands before each fault */
  found(faults: readonly ConfigFault[], fields: object = {}, consequence = ''): void {
    for (const fault of faults) {
      const text = faultText(fault)
      if (this.#logged.has(text)) continue
      this.#logged.set(text, fields)
      this.#log.warn({ event: 'trouble-began', ...fields, code: this.#code }, consequence + text)
    }
  }

  /** @param faults all that there are now: any other one is over */
  onlyThese(faults: readonly ConfigFault[]): void {
    const there = new Set(faults.map(faultText))
    for (const text of this.#logged.keys()) if (!there.has(text)) this.#isOver(text)
  }

  /** These are over, whatever becomes of others. */
  over(faults: readonly ConfigFault[]): void {
    for (const fault of faults) this.#isOver(faultText(fault))
  }

  #isOver(text: string): void {
    const fields = this.#logged.get(text)
    if (!fields) return
    this.#logged.delete(text)
    this.#log.info({ event: 'trouble-over', ...fields, code: this.#code }, `over: ${text}`)
  }
}
