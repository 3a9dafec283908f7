/** An error that nobody foresaw, while bytes are made a scan. */
import { LinkLost } from '../domain/errors.ts'

/**
 * Runs steps of reading. What a step throws ends the link, which is then opened again; no more than the error's name goes on,
 * because its text may show what was scanned, and that may be a badge.
 */
export function guardedReading(scanner: string, end: (fault: LinkLost) => void): (step: () => void) => void {
  return (step) => {
    try {
      step()
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error
      end(
        new LinkLost(`${scanner}: what it sent could not be read (${name})`, {
          code: 'scan-unread',
          hint: 'scan again; this is a fault of the gateway: report it with its version and what kind of code it was, but not the code',
        }),
      )
    }
  }
}
