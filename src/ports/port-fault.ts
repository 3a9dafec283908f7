/** Why a port cannot be used, in words that do not name the device on it: that is put before them by {@link portLost}. */
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
    hint: 'plug it in again, and check its cable',
    cause,
  })
}

/** An attempt was given up because the device is not wanted any more. */
export function stopped(device: string): LinkLost {
  return new LinkLost(`${device}: stopped`, { code: 'link-stopped' })
}

/** The same fault, as the device on that port has it. */
export function portLost(device: string, { code, message, hint, cause }: PortFault): LinkLost {
  return new LinkLost(`${device}: ${message}`, { code, hint, cause })
}
