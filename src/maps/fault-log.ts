/** Tells faults of device maps in the log, once when they come and once when they are over. */
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Log } from '../runtime/log.ts'

/** The code of a fault of a device map or of a profile. Alerts are named by it. */
export const MAP_FAULTS = 'map-faults'

/** The folder is read anew whenever any of its files changes: what was told already is not told again. */
export class FaultLog {
  readonly #log: Pick<Log, 'info' | 'warn'>
  /** Faults that were told and are not over, with the fields that they were told with. */
  readonly #told = new Map<string, object>()

  constructor(log: Pick<Log, 'info' | 'warn'>) {
    this.#log = log
  }

  /** @param consequence stands before each fault */
  tellNew(faults: readonly ConfigFault[], fields: object = {}, consequence = ''): void {
    for (const fault of faults) {
      const text = faultText(fault)
      if (this.#told.has(text)) continue
      this.#told.set(text, fields)
      this.#log.warn({ ...fields, code: MAP_FAULTS }, consequence + text)
    }
  }

  /** @param faults all that there are now */
  tellEnded(faults: readonly ConfigFault[]): void {
    const there = new Set(faults.map(faultText))
    for (const [text, fields] of this.#told) {
      if (there.has(text)) continue
      this.#told.delete(text)
      this.#log.info({ ...fields, code: MAP_FAULTS }, `over: ${text}`)
    }
  }
}
