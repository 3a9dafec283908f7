/** Calls a command as the command line does, in this process, and keeps what it says. */
import type { CommandContext } from '../../src/commands/command.ts'
import { runCommandLine } from '../../src/commands/command-line.ts'

export interface Called {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** @param argv the command and its arguments */
export async function callMillrace(
  argv: readonly string[],
  world: { readonly cwd: string } & Partial<Omit<CommandContext, 'args'>>,
): Promise<Called> {
  const said = { out: '', err: '' }
  const code = await runCommandLine(argv, {
    env: {},
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    isTerminal: false,
    isErrTerminal: false,
    node: process.execPath,
    nodeOptions: [],
    program: 'src/main.ts',
    signal: new AbortController().signal,
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => undefined,
    ...world,
  })
  return { code, ...said }
}
