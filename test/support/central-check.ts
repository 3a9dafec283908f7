/** `central check` against a test's central, as a technician runs it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { centralCommand } from '../../src/commands/central.ts'
import type { CommandContext } from '../../src/commands/command.ts'
import type { TestCentral } from './central.ts'

export interface CheckRun {
  readonly code: number
  readonly out: string
}

/** A call of a command that prints into `out`. */
export function commandCall(
  args: readonly string[],
  folder: string,
  { password }: Pick<TestCentral, 'password'>,
): { readonly context: CommandContext; readonly printed: () => string } {
  let out = ''
  const context: CommandContext = {
    args,
    env: { MILLRACE_CENTRAL_PASSWORD: password },
    cwd: folder,
    out: (text) => {
      out += text
    },
    err: () => undefined,
    isTerminal: false,
    isErrTerminal: false,
    node: process.execPath,
    nodeOptions: process.execArgv,
    program: 'millrace',
    signal: AbortSignal.timeout(60_000),
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => undefined,
  }
  return { context, printed: () => out }
}

/** The configuration of the first organization's gateway. */
export function gatewayYaml({ role, server }: TestCentral): string {
  return `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central:
  url: postgres://${role}@${server.host}:${server.port}/postgres
  tls: off
`
}

/** Runs it in a folder of its own, without device maps. */
export async function checkedCentral(central: TestCentral): Promise<CheckRun> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  try {
    await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
    const { context, printed } = commandCall(['check', '--config', 'gateway.yaml'], folder, central)
    return { code: await centralCommand.run(context), out: printed() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
