/** The gateway's own files of OPC UA that cannot be used now: no fault of a server, and none of the way to it. */
import { join } from 'node:path'
import { keepingFault, systemFault } from '../../../runtime/system-fault.ts'

/** Certificates and keys below the state folder cannot be read or written. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable'
  readonly hint: string
  constructor(message: string, options: { readonly hint: string; readonly cause: unknown }) {
    super(message, { cause: options.cause })
    this.hint = options.hint
  }
}

/** Does something with these files. @throws StoreUnusable for what the file system refuses */
export async function usingStore<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (systemFault(cause) === undefined) throw cause
    const { what, hint } = keepingFault(cause, join(stateFolder, 'opcua'), stateFolder)
    throw new StoreUnusable(what, { hint, cause })
  }
}
