/** Loads node-opcua when the first server is to be reached: it takes 70 MB and a third of a second. */
import type { DriverLog } from '../../domain/driver.ts'

export type OpcUaLibrary = typeof import('node-opcua-client')

let loaded: Promise<OpcUaLibrary> | undefined

/** What the library says of itself goes to the first caller's log, and never to standard output. */
export function loadLibrary(log: DriverLog): Promise<OpcUaLibrary> {
  loaded ??= import('node-opcua-client').then((library) => {
    // Its first word is an object that says where in the library it speaks.
    const note = (...words: unknown[]) => {
      log.debug({ library: 'node-opcua' }, words.filter((word) => typeof word !== 'object').join(' '))
    }
    library.setDebugLogger(note)
    library.setWarningLogger(note)
    library.setErrorLogger(note)
    return library
  })
  return loaded
}
