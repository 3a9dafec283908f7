/** Logs faults of device maps: once when they are found, and once when they are over. */
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Log } from '../runtime/log.ts'

/** The code of a fault of a device map or of a profile. Alerts are named by it. */
export const MAP_FAULTS = 'map-faults'
/** The code of a map with which nothing could be read, so that the one before it is in force again. */
export const MAP_ROLLED_BACK = 'map-rolled-back'

/** The folder is read again whenever any of its files changes: what was logged already is not logged again. */
export class FaultLog {
  readonly #log: Pick<Log, 'info' | 'warn'>
  /** Faults that were logged and are not over, with the fields of their lines. */
  readonly #logged = new Map<string, object>()

  constructor(log: Pick<Log, 'info' | 'warn'>) {
    this.#log = log
  }

  /** @param consequence stands before each fault */
  found(faults: readonly ConfigFault[], fields: object = {}, consequence = ''): void {
    for (const fault of faults) {
      const text = faultText(fault)
      if (this.#logged.has(text)) continue
      this.#logged.set(text, fields)
      this.#log.warn({ ...fields, code: MAP_FAULTS }, consequence + text)
    }
  }

  /** @param faults all that there are now: any other one is over */
  onlyThese(faults: readonly ConfigFault[]): void {
    const there = new Set(faults.map(faultText))
    for (const [text, fields] of this.#logged) {
      if (there.has(text)) continue
      this.#logged.delete(text)
      this.#log.info({ ...fields, code: MAP_FAULTS }, `over: ${text}`)
    }
  }
}
