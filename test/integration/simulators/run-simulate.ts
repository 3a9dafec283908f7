/** Runs the command `simulate` within the test's process, as the command line would. */
import { simulateCommand } from '../../../src/commands/simulate.ts'
import { eventually } from './support.ts'

export function runSimulate(args: readonly string[]) {
  const stop = new AbortController()
  let [output, errors] = ['', '']
  const exitCode = simulateCommand.run({
    args,
    env: process.env,
    cwd: process.cwd(),
    out: (text) => {
      output += text
    },
    err: (text) => {
      errors += text
    },
    isTerminal: false,
    isErrTerminal: false,
    node: process.execPath,
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
