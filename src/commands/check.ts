/** `millrace check`: every fault of the configuration, the device maps and the routes, before the gateway meets it. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { guessFolders, loadConfig } from '../config/load-config.ts'
import { ConfigError, type ConfigFault, faultText } from '../domain/errors.ts'
import { isReady, type Judgement, judgementText } from '../domain/judgement.ts'
import { currentRelease } from '../releases/release-folder.ts'
import { releaseFolders } from '../releases/settings.ts'
import { checkMapped } from '../routes/mes/check.ts'
import { judgementOf } from '../routes/mes/proof.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { checkRoutes, routeFilesOf } from './central-routes.ts'
import type { Command, CommandContext } from './command.ts'
import { counted } from './counted.ts'
import { type CheckVerdict, type CodedFault, judgeAll, judgeFiles } from './judge-files.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' }, central: { type: 'boolean' } } as const
const INVALID = 2

export const checkCommand: Command = {
  name: 'check',
  summary: 'names every fault of the configuration, the device maps and the routes, with line and column',
  usage: `millrace check [--config config/gateway.yaml] [--json] [--central] [FILE…]
    --central also asks central whether it knows what these maps name and how the other gateway of the pair is, and the
    databases of mapped routes whether they take what the routes write; it needs the passwords`,
  exits: [
    '0 valid',
    '2 faults, each with file, line and column, or a machine, plant or user that central does not know, a pair of which the other gateway could not take over, or a route that cannot write',
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
    const release = releaseOf(source)
    const central = values.central ? await askCentral(source, verdict, context) : []
    if (values.json) out(`${JSON.stringify({ ...asJson(faults, hints, central), ...release })}\n`)
    else {
      if (release) out(releaseText(release))
      out(faults.length > 0 ? `${faults.map(faultText).join('\n')}\n` : `valid: ${judgedText(judged)}\n`)
      if (verdict.pair !== null && !values.central) out(pairText(verdict.pair))
      for (const judgement of central) out(judgementText(judgement))
    }
    for (const hint of hints) err(`hint: ${faultText(hint)}\n`)
    return faults.length === 0 && isReady(central) ? 0 : INVALID
  },
}

/** What the other gateway has, and whether it is there, no file of this one says. */
function pairText(pair: string): string {
  return `pair ${pair}: whether its other gateway is there and could take over, \`millrace check --central\` asks central\n`
}

type Source = Parameters<typeof loadConfig>[0]

interface JudgedRelease {
  readonly release: { readonly name: string; readonly from: string; readonly since: string } | null
}

/** The release that the maps and routes are of; undefined where they are files of this computer. */
function releaseOf(source: Source): JudgedRelease | undefined {
  const { dataFolder, devicesFolder } = guessFolders(source)
  if (devicesFolder !== releaseFolders(dataFolder).devices) return undefined
  const { name, from, since } = currentRelease(dataFolder) ?? {}
  if (name === undefined || from === undefined || since === undefined) return { release: null }
  return { release: { name, from, since } }
}

function releaseText({ release }: JudgedRelease): string {
  if (!release)
    return 'device maps and routes come from elsewhere, and none have come yet: start the gateway\n'
  const { name, from, since } = release
  return `device maps and routes: release ${name} of ${from}, in force since ${since}\n`
}

/** Whether central knows what the maps name, and takes what the routes write. */
async function askCentral(
  source: Source,
  { described, faults, pair }: CheckVerdict,
  context: CommandContext,
): Promise<readonly Judgement[]> {
  try {
    const log = createLog('error', logStream(context))
    const config = loadConfig(source)
    const { signal } = context
    const settings = centralSettings(config, { clock: systemClock, log })
    const asked = { ...settings, pair: pair === null ? null : config.pair }
    const mapped = await checkMapped(asked, { ...described, faults: faults.length }, signal)
    const routes: Judgement[] = []
    // Faults of the files themselves are among the others already.
    const sound = routeFilesOf(config, source.cwd).filter(({ route }) => route)
    await checkRoutes(sound, { config, log, signal }, (judgement) => routes.push(judgement))
    return [...mapped.map(judgementOf), ...routes]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const said = `not compared with central: ${error.message}`
    return [{ what: 'machines', verdict: 'bad', said }]
  }
}

/** `1 machine, 1 profile`: what was judged, so that nobody takes silence about a file for a verdict. */
function judgedText({
  machines,
  scanners,
  profiles,
  tables,
  routes,
  configurations,
}: CheckVerdict['judged']): string {
  const found: readonly (readonly [count: number, noun: string])[] = [
    [machines, 'machine'],
    [scanners, 'scanner'],
    [profiles, 'profile'],
    [tables, 'table'],
    [routes, 'route'],
    [configurations, 'configuration'],
  ]
  const judged = found.filter(([count]) => count > 0)
  return judged.length === 0 ? counted(0, 'machine') : judged.map((one) => counted(...one)).join(', ')
}

/** Warnings are no faults: a file that has only these is valid. */
function asJson(faults: readonly CodedFault[], hints: readonly ConfigFault[], central: readonly Judgement[]) {
  return {
    valid: faults.length === 0,
    ...(central.length > 0 && {
      central: { proven: isReady(central), said: central.map(saidWithRemedy).join('; ') },
    }),
    faults: faults.map((fault) => ({ code: fault.code, ...placed(fault) })),
    warnings: hints.map(placed),
  }
}

function saidWithRemedy({ said, remedy }: Judgement): string {
  return remedy === undefined ? said : `${said}\n    ${remedy.replaceAll('\n', '\n    ')}`
}

function placed({ file, line, column, path, message, hint }: ConfigFault) {
  return { file, line, column, path, message, hint: hint ?? null }
}
