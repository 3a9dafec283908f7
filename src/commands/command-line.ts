/** Finds the command that was typed and runs it. Errors become words and an exit code here, and nowhere else. */
import { nearestWord } from '../documents/nearest-word.ts'
import { ConfigError, GatewayError } from '../domain/errors.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'

/** Commands are loaded when they are called: `status` need not load drivers, nor `check` a database. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  simulate: async () => (await import('./simulate.ts')).simulateCommand,
  central: async () => (await import('./central.ts')).centralCommand,
  buffer: async () => (await import('./buffer.ts')).bufferCommand,
  trust: async () => (await import('./trust.ts')).trustCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
}

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
  if (name === undefined || name === '--help' || name === 'help') {
    context.out(await overview())
    return name === undefined ? BAD_USE : 0
  }
  const load = COMMANDS[name]
  if (!load) {
    const nearest = nearestWord(name, Object.keys(COMMANDS))
    context.err(`millrace: there is no command "${name}"${nearest ? `; did you mean "${nearest}"?` : ''}\n`)
    return BAD_USE
  }
  const command = await load()
  if (args.includes('--help')) {
    context.out(`${command.summary}\n\n${command.usage}\n`)
    return 0
  }
  if (command.stopMaxMs !== undefined) context.mayStopWithin(command.stopMaxMs)
  try {
    return await command.run({ ...context, args })
  } catch (error) {
    return explain(command, error, context)
  }
}

/** Puts an error into words for the one who typed the command. Only an error that nobody foresaw shows its stack. */
export function explain(
  command: Pick<Command, 'name' | 'usage'>,
  error: unknown,
  { err }: Pick<CommandContext, 'err'>,
): number {
  if (error instanceof UsageError || isParseArgsError(error)) {
    err(`millrace ${command.name}: ${error.message}\n\n${command.usage}\n`)
    return BAD_USE
  }
  if (error instanceof ConfigError) {
    err(`${error.message}\n`)
    return BAD_USE
  }
  err(`millrace ${command.name}: ${describeError(error)}\n`)
  return FAULT
}

function describeError(error: unknown): string {
  if (error instanceof GatewayError) return error.hint ? `${error.message}\n${error.hint}` : error.message
  return error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `millrace: machine status and downtime from PLCs into PostgreSQL, exactly once\n\n${lines.join('\n')}\n\nmillrace COMMAND --help says more.\n`
}
