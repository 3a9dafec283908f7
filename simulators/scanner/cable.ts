/** The cable of a simulated scanner, seen from the scanner. */
export interface ScannerCable extends AsyncDisposable {
  /** What a gateway opens: `127.0.0.1:4001`, `/dev/pts/5`, or a link to it. It stays the same over a replug where it can. */
  readonly address: string
  readonly isPluggedIn: boolean
  /** Whether anybody at the other end can be known to take what is sent; always, where nobody can tell. */
  readonly isTaken: boolean
  /** Sends bytes. Where it is pulled out, or nobody is at the other end, they are lost, as a scanner's are. */
  send(bytes: Buffer): Promise<void>
  /** Calls back with what the gateway sends. */
  onHeard(listener: (bytes: Buffer) => void): void
  unplug(): Promise<void>
  /** A USB device gets another port than the one before. */
  plugIn(): Promise<void>
}
