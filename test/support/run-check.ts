/** Runs `check` as the command line does, in this process. */
import { checkCommand } from '../../src/commands/check.ts'

export interface CheckCall {
  readonly cwd: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export async function runCheck({ cwd, args = [], env = {} }: CheckCall) {
  const said = { out: '', err: '' }
  const code = await checkCommand.run({
    args,
    env,
    cwd,
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    isTerminal: false,
    isErrTerminal: false,
    node: process.execPath,
    nodeOptions: process.execArgv,
    program: 'src/main.ts',
    signal: new AbortController().signal,
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => undefined,
  })
  return { code, ...said }
}
