/** What becomes of connections to devices and scanners, as a message of its own: it says nothing of what a machine does. */
import type { Instant } from './instant.ts'
import { gatewayOwner, type Owner } from './owner.ts'

/** Who keeps which connections are up, and makes events of it. */
export const LINKS = gatewayOwner('links')

/** The connection to a device or a scanner came up, or went down. */
export interface ConnectionMessage {
  readonly kind: 'connection'
  readonly subject: typeof LINKS
  /** The device or scanner, as messages name it. */
  readonly device: string
  /** The machine or the station whose it is. */
  readonly of: Owner
  readonly up: boolean
  readonly at: Instant
  /** Why it went down, in words. */
  readonly cause?: string
}
