/** Runs `check` as the command line does, in this process. */
import { callMillrace } from './called-command.ts'

export interface CheckCall {
  readonly cwd: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export function runCheck({ cwd, args = [], env = {} }: CheckCall) {
  return callMillrace(['check', ...args], { cwd, env })
}
