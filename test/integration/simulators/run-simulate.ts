/** Runs the command `simulate` within the test's process, as the command line would. */
import { runCommandLine } from '../../../src/commands/command-line.ts'
import { eventually } from './support.ts'

export function runSimulate(args: readonly string[], cwd = process.cwd()) {
  const stop = new AbortController()
  let [output, errors] = ['', '']
  const exitCode = runCommandLine(['simulate', ...args], {
    env: process.env,
    cwd,
    out: (text) => {
      output += text
    },
    err: (text) => {
      errors += text
    },
    isTerminal: false,
    isErrTerminal: false,
    node: process.execPath,
    nodeOptions: process.execArgv,
    program: 'src/main.ts',
    signal: stop.signal,
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => {},
  })
  return {
    exitCode,
    stop: () => stop.abort(),
    complaints: () => errors,
    line: (index: number) =>
      eventually(() => {
        const lines = output.split('\n').slice(0, -1)
        const line = lines[index]
        if (line === undefined) throw new Error(`no line ${index} yet: ${output}${errors}`)
        return line
      }),
  }
}
