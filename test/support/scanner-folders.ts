/** A transport on folders that a test lays out in place of those of Linux. */
import type { ScannerTransport } from '../../src/domain/scanner.ts'
import { LINUX, type SystemFolders } from '../../src/ports/system-folders.ts'
import { createScanners } from '../../src/scanners/index.ts'

export function transportOf(key: string, folders: Partial<SystemFolders> = {}): ScannerTransport {
  const transport = createScanners({ ...LINUX, ...folders }).all.find((one) => one.key === key)
  if (!transport) throw new Error(`there is no transport ${key}`)
  return transport
}
