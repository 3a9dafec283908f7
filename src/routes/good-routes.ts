/**
 * The last good file of each route: one record a route in the data folder. It holds the text of the file, so that a route goes on
 * while its file is bad. No secret is in it, since none may be in a file.
 */
import { join, relative } from 'node:path'
import { z } from 'zod'
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Consumer } from '../domain/outbox.ts'
import { RecordKeeper, readRecords } from '../runtime/kept-records.ts'
import { keepingFault } from '../runtime/system-fault.ts'

/** The last good file of one route, as its text. */
export interface GoodRoute extends Consumer {
  /** The file's name within the folder of route files. */
  readonly fileName: string
  /** The same as named to the user. */
  readonly file: string
  readonly text: string
}

/** Room for the quoting of a text. */
const KEPT_BYTES_MAX = 4 * FILE_BYTES_MAX

const keptSchema = z.strictObject({
  route: z.string(),
  must: z.enum(['deliver', 'best-effort']),
  file_name: z.string(),
  file: z.string(),
  text: z.string(),
})

/** All that are kept, by route. A damaged record is named and left out; the next good reading of its file writes it again. */
export function readGoodRoutes(store: string, cwd: string) {
  const routes = new Map<string, GoodRoute>()
  const faults: ConfigFault[] = []
  for (const { path, value, fault } of readRecords(store, KEPT_BYTES_MAX)) {
    const read = keptSchema.safeParse(value)
    if (read.success) {
      const { route: name, must, file_name: fileName, file, text } = read.data
      routes.set(name, { name, must, fileName, file, text })
    } else if (fault) {
      const message = `the last good route cannot be read, and was left out: ${fault.what}`
      faults.push({ file: relative(cwd, path), line: 1, column: 1, path: '', message, hint: fault.hint })
    } else {
      const message = 'this last good route is damaged and was left out'
      const hint = 'save the file of that route again; or, where there is none any more, remove this one'
      faults.push({ file: relative(cwd, path), line: 1, column: 1, path: '', message, hint })
    }
  }
  return { routes, faults }
}

/** Writes and removes them, in the order in which it is asked. */
export class GoodRouteKeeper {
  readonly #store: string
  readonly #records: RecordKeeper

  /** Nothing is written before it is asked for. */
  constructor(store: string) {
    this.#store = store
    this.#records = new RecordKeeper(store)
  }

  /** @returns what went wrong: a route that cannot be kept is in force all the same */
  async keep({ name, must, fileName, file, text }: GoodRoute): Promise<readonly ConfigFault[]> {
    try {
      await this.#records.keep(name, { route: name, must, file_name: fileName, file, text })
      return []
    } catch (error) {
      const { what, hint } = keepingFault(error, this.#store)
      const message = `the route is in force, but could not be kept as the last good one: ${what}`
      return [{ file, line: 1, column: 1, path: '', message, hint }]
    }
  }

  /** Removes the record of a route that is over. @returns what went wrong */
  async forget(name: string): Promise<readonly ConfigFault[]> {
    try {
      await this.#records.forget(name)
      return []
    } catch (error) {
      const { what, hint } = keepingFault(error, this.#store)
      const message = `the last good file of a route that is over could not be removed: ${what}`
      return [{ file: join(this.#store, `${name}.json`), line: 1, column: 1, path: '', message, hint }]
    }
  }
}
