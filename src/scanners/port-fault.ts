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

/** @param port as people know it: its path, or what the device calls itself */
export function unpluggedFault(port: string, cause: unknown): PortFault {
  return new PortFault('port-unplugged', {
    what: `${port} was unplugged`,
    hint: 'plug the scanner in again, and check its cable',
    cause,
  })
}

/** An attempt was given up because the scanner is not wanted any more. */
export function stopped(scanner: string): LinkLost {
  return new LinkLost(`${scanner}: stopped`, { code: 'link-stopped' })
}

/** The same fault, as the scanner on that port has it. */
export function portLost(scanner: string, { code, message, hint, cause }: PortFault): LinkLost {
  return new LinkLost(`${scanner}: ${message}`, { code, hint, cause })
}
