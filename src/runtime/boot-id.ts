/** The one source of the boot's name: it decides whether monotonic times may be compared. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Names the present boot of this computer. Where the kernel does not tell, every start of the process counts as one. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID()
  }
}
