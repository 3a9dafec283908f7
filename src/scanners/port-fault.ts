/** Why a port cannot be used, in words that do not name the scanner: it is put before them by {@link portLost}. */
import { LinkLost } from '../domain/errors.ts'

interface PortFaultText {
  readonly what: string
  /** What the technician should do. */
  readonly hint: string
  readonly cause?: unknown
}

/** A fault of a port, in words that name the port and what the technician should do. */
export class PortFault extends Error {
  override readonly name = 'PortFault'
  readonly code: string
  readonly hint: string
  constructor(code: string, { what, hint, cause }: PortFaultText) {
    super(what, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

/** The same fault, as the scanner on that port has it. */
export function portLost(scanner: string, { code, message, hint, cause }: PortFault): LinkLost {
  return new LinkLost(`${scanner}: ${message}`, { code, hint, cause })
}
