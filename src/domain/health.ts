/** What each part says of itself; `status` and the health endpoint put these together. */
export type LinkState = 'connecting' | 'connected' | 'silent' | 'lost'

export interface DeviceHealth {
  readonly device: string
  readonly machine: string
  readonly state: LinkState
  /** When it got into this state, ms since 1970. */
  readonly sinceMs: number
  /** When it was last in contact, or null. */
  readonly lastContactMs: number | null
  readonly error?: string
}

export type CentralState = 'connecting' | 'connected' | 'away' | 'waiting' | 'fenced'

export interface CentralHealth {
  readonly state: CentralState
  readonly sinceMs: number
  readonly cause?: string
  readonly lastSeq: number
  readonly clockOffsetMs: number | null
  readonly quarantineCount: number
}
