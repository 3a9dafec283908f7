/** What comes from a broker, and who takes it. */

/** What the broker says of a message besides its topic and its payload. */
export interface MessageFlags {
  /** It was published before this subscription began, nobody knows when. */
  readonly retain: boolean
  readonly qos: number
  /** It may have come before. */
  readonly dup: boolean
}

/** Takes a message. While a promise that it returns is open, nothing more is read from the broker. */
export type MessageListener = (topic: string, payload: Buffer, flags: MessageFlags) => void | Promise<void>
