/** The one source of the boot's name: it decides whether monotonic times may be compared. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * An id of the present boot of this computer: times of the monotonic clock can only be compared within one boot. Where the
 * kernel has no such id, every start of the process gets a new one.
 */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID()
  }
}
