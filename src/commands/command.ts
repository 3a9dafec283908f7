/** What a command of the command line is: a function from its arguments to an exit code. It never touches `process`. */
import { GatewayError } from '../domain/errors.ts'
import type { FileUser } from '../runtime/act-as.ts'

/** One command, by its first word. */
export interface Command {
  readonly name: string
  /** One line for `millrace --help`. */
  readonly summary: string
  /** How it is called, with its options, for `millrace NAME --help`. */
  readonly usage: string
  /** What each exit code says: `0 valid`. */
  readonly exits: readonly string[]
  /** A call to learn from. */
  readonly example: string
  /** The page that says more. */
  readonly page: string
  /** How long after the signal the command may take to end before it is ended by force, in ms; 6 s where it does not say. */
  readonly stopMaxMs?: number
  /** @returns the exit code */
  run(context: CommandContext): Promise<number>
}

/** The world as a command sees it. */
export interface CommandContext {
  /** The words after the command's name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /**
   * Results go here, whole texts with their line ends. A promise where its reader is slower: whoever has much to say waits for
   * it before the next text.
   */
  readonly out: (text: string) => void | Promise<void>
  /** Logs and progress go here. It never waits; what nobody takes is bounded, and then dropped and counted. */
  readonly err: (text: string) => void
  /** Whether `out` is a terminal on which lines may be redrawn. */
  readonly isTerminal: boolean
  /** Whether somebody reads `err` on a terminal: then logs are lines for people, and JSON elsewhere. */
  readonly isErrTerminal: boolean
  /** Its width, where it is one. */
  readonly columns?: number | undefined
  /** How many lines the terminal shows at once. */
  readonly rows?: number | undefined
  /** The running Node executable and this program's main file, for commands that start parts as processes of their own. */
  readonly node: string
  /** Options that Node itself was started with, for those parts as well. */
  readonly nodeOptions: readonly string[]
  readonly program: string
  /** Aborted by SIGTERM or SIGINT, or when nobody reads `out` any more. */
  readonly signal: AbortSignal
  /** Asks for more time than usual between that signal and the end by force. */
  readonly mayStopWithin: (ms: number) => void
  /**
   * What has to end before the process may, by name: whoever waits for an end puts it in, and takes it out afterwards. What
   * is still there when the command is over cannot be ended, such as a thread inside a write that the disk never finishes:
   * then the process is ended by force, and says so.
   */
  readonly unfinished: Set<string>
  /**
   * A secret that somebody types without seeing it, or the next line of standard input where that is no terminal.
   * Undefined where nobody types one, or it is called off. Absent where nobody can be asked.
   */
  readonly askSecret?: (prompt: string) => Promise<string | undefined>
  /** Whether a person answers. */
  readonly isInTerminal?: boolean
  /** Where this is root: from now on files are those of another user, until it is disposed of. Absent where it cannot be. */
  readonly actAs?: (user: FileUser) => Disposable
  /** Calls back at each SIGHUP. Returns the way to stop. */
  readonly onReload: (listener: () => void) => () => void
}

/** A call that cannot be understood: the message says what is wrong, and the exit code is 2. */
export class UsageError extends GatewayError {
  override readonly name = 'UsageError'
  readonly retryable = false
  constructor(message: string) {
    super('command-usage', message)
  }
}
