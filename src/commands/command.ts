/** What a command of the command line is: a function from its arguments to an exit code. It never touches `process`. */
export interface Command {
  readonly name: string
  /** One line for `millrace --help`. */
  readonly summary: string
  /** How it is called, with its options, for `millrace NAME --help`. */
  readonly usage: string
  /** @returns the exit code */
  run(context: CommandContext): Promise<number>
}

export interface CommandContext {
  /** What stands behind the command's name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Results go to `out`, logs and progress to `err`. Both take whole texts with their line ends. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether `out` is a terminal on which lines may be redrawn. */
  readonly isTerminal: boolean
  /** The running Node executable and this program's main file, for commands that start parts as processes of their own. */
  readonly node: string
  readonly program: string
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  /** Calls back at each SIGHUP. Returns the way to stop. */
  readonly onReload: (listener: () => void) => () => void
}

/** A call that cannot be understood: the message says what is wrong, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
