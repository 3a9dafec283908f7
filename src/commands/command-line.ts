/** Finds the command that was typed and runs it. Errors become words and an exit code here, and nowhere else. */
import { nearestWord } from '../documents/nearest-word.ts'
import { ConfigError, GatewayError, wantsAPerson } from '../domain/errors.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { completionCommand } from './completion.ts'
import { helpText, optionsOf, overview } from './help.ts'
import { versionText } from './version.ts'

/** Commands are loaded when they are called: `status` need not load drivers, nor `check` a database. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  simulate: async () => (await import('./simulate.ts')).simulateCommand,
  central: async () => (await import('./central.ts')).centralCommand,
  bundle: async () => (await import('./bundle.ts')).bundleCommand,
  backup: async () => (await import('./backup.ts')).backupCommand,
  restore: async () => (await import('./restore.ts')).restoreCommand,
  enrol: async () => (await import('./enrol.ts')).enrolCommand,
  buffer: async () => (await import('./buffer.ts')).bufferCommand,
  trust: async () => (await import('./trust.ts')).trustCommand,
  pair: async () => (await import('./pair.ts')).pairCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  users: async () => (await import('./users.ts')).usersCommand,
  trail: async () => (await import('./trail.ts')).trailCommand,
  support: async () => (await import('./support.ts')).supportCommand,
  decommission: async () => (await import('./decommission.ts')).decommissionCommand,
  ports: async () => (await import('./ports.ts')).portsCommand,
  browse: async () => (await import('./browse.ts')).browseCommand,
  find: async () => (await import('./find.ts')).findCommand,
  try: async () => (await import('./try.ts')).tryCommand,
  'what-if': async () => (await import('./what-if.ts')).whatIfCommand,
  read: async () => (await import('./read.ts')).readCommand,
  maps: async () => (await import('./maps.ts')).mapsCommand,
  import: async () => (await import('./import.ts')).importCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  profiles: async () => (await import('./profiles.ts')).profilesCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  completion: async () => completionCommand(allCommands),
}

/** The call, the configuration or the files have to be others first: a service manager does not try it again. */
const BAD_USE = 2
const FAULT = 1

/**
 * Runs what was typed.
 * @returns the exit code
 */
export async function runCommandLine(
  argv: readonly string[],
  context: Omit<CommandContext, 'args'>,
): Promise<number> {
  const [name, ...args] = argv
  if (name === 'help' && args[0] !== undefined) return runCommandLine([args[0], '--help'], context)
  if (name === undefined || isHelp(name) || name === 'help') {
    context.out(overview(await allCommands()))
    return name === undefined ? BAD_USE : 0
  }
  if (name === '--version' || name === '-V' || name === 'version') {
    context.out(`millrace ${versionText()}\n`)
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    context.err(`millrace: ${noCommand(name, args)}\n`)
    return BAD_USE
  }
  const command = await load()
  if (args.some(isHelp)) {
    context.out(helpText(command))
    return 0
  }
  if (command.stopMaxMs !== undefined) context.mayStopWithin(command.stopMaxMs)
  try {
    return await command.run({ ...context, args })
  } catch (error) {
    return explain(command, error, context)
  }
}

/** Loads every command. */
export function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()))
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

function noCommand(name: string, args: readonly string[]): string {
  const command = args.find((word) => Object.hasOwn(COMMANDS, word))
  if (name.startsWith('-') && command !== undefined)
    return `the command comes first: millrace ${command} ${name} …`
  const nearest = nearestWord(name, Object.keys(COMMANDS))
  return `there is no command "${name}"${nearest ? `; did you mean "${nearest}"?` : ''}`
}

/** Puts an error into words for the one who typed the command. Only an error that nobody foresaw shows its stack. */
export function explain(
  command: Pick<Command, 'name' | 'usage'>,
  error: unknown,
  { err }: Pick<CommandContext, 'err'>,
): number {
  if (error instanceof UsageError || isParseArgsError(error)) {
    err(`millrace ${command.name}: ${misuse(command, error)}\n\n${command.usage}\n`)
    return BAD_USE
  }
  if (error instanceof ConfigError) {
    err(`${error.message}\n`)
    return BAD_USE
  }
  err(`millrace ${command.name}: ${describeError(error)}\n`)
  return error instanceof GatewayError && wantsAPerson(error) ? BAD_USE : FAULT
}

function describeError(error: unknown): string {
  if (error instanceof GatewayError) return error.hint ? `${error.message}\n${error.hint}` : error.message
  const fault = systemFault(error)
  if (fault) return `${placeOf(error)}: ${fault.what}\n${fault.hint}`
  return error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
}

/** Node's own sentence about an unknown option explains how a file named like an option is written, which nobody asked. */
function misuse(command: Pick<Command, 'usage'>, error: Error): string {
  const option = /^Unknown option '(-+[^' ]+)/.exec(error.message)?.[1]
  if (option === undefined) return error.message
  const nearest = nearestWord(option, optionsOf(command))
  return `there is no option ${option}${nearest ? `; did you mean ${nearest}?` : ''}`
}

/** What the system refused to open, write or listen on. */
function placeOf(error: unknown): string {
  const { path, address, port, syscall } = error as NodeJS.ErrnoException & {
    readonly address?: string
    readonly port?: number
  }
  if (path !== undefined) return path
  return address === undefined ? `a file (${syscall})` : [address, port].join(' ')
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
