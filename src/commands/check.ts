/** `millrace check`: every fault of the configuration and the device maps, before the gateway meets it. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Command } from './command.ts'
import { counted } from './counted.ts'
import { type CheckVerdict, type CodedFault, judgeAll, judgeFiles } from './judge-files.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
const INVALID = 2

export const checkCommand: Command = {
  name: 'check',
  summary: 'names every fault of the configuration and the device maps, with line and column',
  usage: 'millrace check [--config config/gateway.yaml] [--json] [FILE…]',
  exits: ['0 valid', '2 faults, each with file, line and column'],
  example: 'millrace check devices/press-07.yaml',
  page: 'docs/configuration.md',
  async run({ args, env, cwd, out, err }) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const source = { file: configFile(values, cwd), env, cwd }
    const wanted = positionals.map((file) => resolve(cwd, file))
    const { faults, hints, judged } = wanted.length === 0 ? judgeAll(source) : judgeFiles(source, wanted)
    if (values.json) out(`${JSON.stringify(asJson(faults, hints))}\n`)
    else if (faults.length > 0) out(`${faults.map(faultText).join('\n')}\n`)
    else out(`valid: ${judgedText(judged)}\n`)
    for (const hint of hints) err(`hint: ${faultText(hint)}\n`)
    return faults.length === 0 ? 0 : INVALID
  },
}

/** `1 machine, 1 profile`: what was judged, so that nobody takes silence about a file for a verdict. */
function judgedText({ machines, profiles, tables, configurations }: CheckVerdict['judged']): string {
  const found: readonly (readonly [count: number, noun: string])[] = [
    [machines, 'machine'],
    [profiles, 'profile'],
    [tables, 'table'],
    [configurations, 'configuration'],
  ]
  const judged = found.filter(([count]) => count > 0)
  return judged.length === 0 ? counted(0, 'machine') : judged.map((one) => counted(...one)).join(', ')
}

/** Warnings are no faults: a file that has only these is valid. */
function asJson(faults: readonly CodedFault[], hints: readonly ConfigFault[]) {
  return {
    valid: faults.length === 0,
    faults: faults.map((fault) => ({ code: fault.code, ...placed(fault) })),
    warnings: hints.map(placed),
  }
}

function placed({ file, line, column, path, message, hint }: ConfigFault) {
  return { file, line, column, path, message, hint: hint ?? null }
}
