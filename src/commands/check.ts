/** `millrace check`: every fault of the configuration and the device maps, before the gateway meets it. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { ConfigError, type ConfigFault, faultText } from '../domain/errors.ts'
import { checkMapped } from '../routes/mes/check.ts'
import { type Proof, proofText } from '../routes/mes/proof.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import type { Command, CommandContext } from './command.ts'
import { counted } from './counted.ts'
import { type CheckVerdict, type CodedFault, judgeAll, judgeFiles } from './judge-files.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' }, central: { type: 'boolean' } } as const
const INVALID = 2

export const checkCommand: Command = {
  name: 'check',
  summary: 'names every fault of the configuration and the device maps, with line and column',
  usage: `millrace check [--config config/gateway.yaml] [--json] [--central] [FILE…]
    --central also asks central whether it knows what these maps name; it needs the password`,
  exits: [
    '0 valid',
    '2 faults, each with file, line and column, or a machine, plant or user that central does not know',
  ],
  example: 'millrace check devices/press-07.yaml',
  page: 'docs/configuration.md',
  async run(context) {
    const { args, env, cwd, out, err } = context
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const source = { file: configFile(values, cwd), env, cwd }
    const wanted = positionals.map((file) => resolve(cwd, file))
    const verdict = wanted.length === 0 ? judgeAll(source) : judgeFiles(source, wanted)
    const { faults, hints, judged } = verdict
    const central = values.central ? await askCentral(source, verdict, context) : []
    if (values.json) out(`${JSON.stringify(asJson(faults, hints, central))}\n`)
    else {
      out(faults.length > 0 ? `${faults.map(faultText).join('\n')}\n` : `valid: ${judgedText(judged)}\n`)
      for (const proof of central) out(proofText(proof))
    }
    for (const hint of hints) err(`hint: ${faultText(hint)}\n`)
    return faults.length === 0 && isProven(central) ? 0 : INVALID
  },
}

type Source = Parameters<typeof loadConfig>[0]

/** Whether central knows what the maps name. */
async function askCentral(
  source: Source,
  { described, faults }: CheckVerdict,
  context: CommandContext,
): Promise<readonly Proof[]> {
  try {
    const log = createLog('error', logStream(context))
    const settings = centralSettings(loadConfig(source), { clock: systemClock, log })
    return await checkMapped(settings, { ...described, faults: faults.length }, context.signal)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [{ what: 'machines', proven: false, said: `not compared with central: ${error.message}` }]
  }
}

/** `1 machine, 1 profile`: what was judged, so that nobody takes silence about a file for a verdict. */
function judgedText({
  machines,
  scanners,
  profiles,
  tables,
  configurations,
}: CheckVerdict['judged']): string {
  const found: readonly (readonly [count: number, noun: string])[] = [
    [machines, 'machine'],
    [scanners, 'scanner'],
    [profiles, 'profile'],
    [tables, 'table'],
    [configurations, 'configuration'],
  ]
  const judged = found.filter(([count]) => count > 0)
  return judged.length === 0 ? counted(0, 'machine') : judged.map((one) => counted(...one)).join(', ')
}

function isProven(central: readonly Proof[]): boolean {
  return central.every(({ proven }) => proven)
}

/** Warnings are no faults: a file that has only these is valid. */
function asJson(faults: readonly CodedFault[], hints: readonly ConfigFault[], central: readonly Proof[]) {
  return {
    valid: faults.length === 0,
    ...(central.length > 0 && {
      central: { proven: isProven(central), said: central.map(({ said }) => said).join('; ') },
    }),
    faults: faults.map((fault) => ({ code: fault.code, ...placed(fault) })),
    warnings: hints.map(placed),
  }
}

function placed({ file, line, column, path, message, hint }: ConfigFault) {
  return { file, line, column, path, message, hint: hint ?? null }
}
