/** The list of ways to reach a scanner: a new one is one folder and one line here. */
import type { ScannerTransports } from '../domain/scanner.ts'
import { LINUX, type SystemFolders } from '../ports/system-folders.ts'
import { createHidTransports } from './hid/transports.ts'
import { createSerialTransport, createUsbSerialTransport } from './serial/transports.ts'
import { createTcpTransport } from './tcp/transport.ts'

/** A new set, for one gateway. It is cheap: libraries are loaded with the first connection, and nothing is opened before. */
export function createScanners(folders: SystemFolders = LINUX): ScannerTransports {
  const tcp = createTcpTransport(folders)
  return {
    all: [
      createSerialTransport(folders),
      createUsbSerialTransport(folders),
      ...createHidTransports(folders),
      tcp,
    ],
    // Each link closes what it has opened.
    [Symbol.asyncDispose]: async () => tcp[Symbol.dispose](),
  }
}
