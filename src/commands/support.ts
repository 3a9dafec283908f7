/** `millrace support`: everything that the maker needs to find a fault from afar, in one file, without secrets. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { trailFileIn } from '../audit-trail/trail-file.ts'
import { verifyTrail } from '../audit-trail/verify.ts'
import { namedFiles } from '../backup/named-files.ts'
import type { Config } from '../config/config.ts'
import { askStatus } from '../console/ask-status.ts'
import { findPresence } from '../console/presence.ts'
import { hostWithPort } from '../documents/host.ts'
import { readMapHistories } from '../maps/map-history.ts'
import { systemClock } from '../runtime/clock.ts'
import { eventLogFacts, newestEvents } from '../support/event-log-facts.ts'
import { type BundledText, listOf, textsIn } from '../support/folder-texts.ts'
import { writeArchive } from '../support/pack.ts'
import { systemFacts } from '../support/system-facts.ts'
import { knownSecrets, withoutSecrets } from '../support/without-secrets.ts'
import { openSite } from './buffer/site.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { readGateway } from './gateway-user.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { recordDone } from './record-done.ts'
import { versionText } from './version.ts'

const ANSWER_MS = 5_000
const LOG_LINES = 5_000
const LOG_BYTES_MAX = 20_000_000

export const supportCommand: Command = {
  name: 'support',
  summary: 'writes one file for the maker’s support: what this gateway is and how it stands, without secrets',
  usage: `millrace support FILE [--log LOGFILE] [--with-events] [--config config/gateway.yaml]
    FILE is a new .tar.gz; look into it before you send it
    --log: the file that the log goes to; without it the last ${LOG_LINES} lines of the journal of systemd, where there is one
    --with-events: also the newest 1000 events: what machines did, who worked and what was scanned`,
  exits: ['0 written', '1 not written'],
  example: 'millrace support /tmp/edge-1.tar.gz',
  page: 'docs/operate.md',
  async run(context) {
    const { args, cwd, out } = context
    const options = { ...CONFIG_OPTION, log: { type: 'string' }, 'with-events': { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError('name one new file')
    const file = resolve(cwd, name)
    const asked = {
      configFile: configFile(values, cwd),
      log: values.log,
      withEvents: values['with-events'] === true,
    }
    const gateway = readGateway(asked.configFile, context)
    const { config } = gateway
    const { texts, secrets } = await gatewayTexts(gateway, asked, context)
    texts.push({ path: 'log.txt', text: await lastLines(asked.log, context) })
    const clean = texts.map(({ path, text }) => ({ path, text: withoutSecrets(text, secrets) }))
    await writeArchive(file, clean, new Date(systemClock.now().wallMs))
    recordDone(context, config.dataFolder, 'support-bundle-made', `a bundle for support: ${basename(file)}`)
    out(`${file}: ${clean.length} files, without secrets; look into it before you send it\n`)
    return 0
  },
}

interface Asked {
  readonly configFile: string
  readonly log: string | undefined
  readonly withEvents: boolean
}

/** Everything that is the gateway's is read as its user; the log is where whoever calls says, and is read as them. */
async function gatewayTexts(
  { config, actAsItsUser }: ReturnType<typeof readGateway>,
  asked: Asked,
  context: CommandContext,
): Promise<{ readonly texts: BundledText[]; readonly secrets: readonly string[] }> {
  using _user = actAsItsUser()
  const texts = [...(await runningTexts(config, context)), ...(await standingTexts(config, asked, context))]
  return { texts, secrets: secretsOf(config, asked.configFile, context) }
}

/** What only a running gateway can say. */
async function runningTexts(config: Config, { signal }: CommandContext): Promise<readonly BundledText[]> {
  const { gateway, console, dataFolder } = config
  const configured = { gateway, ...console, isSecure: console.tls !== undefined }
  const status = await askStatus(dataFolder, { maxMs: ANSWER_MS, signal }, configured)
  return [
    { path: 'status.json', text: jsonText(typeof status === 'string' ? { no_answer: status } : status) },
    { path: 'metrics.txt', text: await metricsText(dataFolder, signal) },
  ]
}

async function metricsText(dataFolder: string, signal: AbortSignal): Promise<string> {
  const place = findPresence(dataFolder)
  if (typeof place !== 'object') return 'no gateway answers\n'
  if (place.isSecure) return 'not asked for: the console answers over TLS\n'
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    const answer = await fetch(`http://${hostWithPort(place.host, place.port)}/metrics`, { signal: limit })
    return await answer.text()
  } catch (error) {
    return `no answer: ${(error as Error).message}\n`
  }
}

/** What stands on the disk. */
async function standingTexts(
  config: Config,
  asked: Asked,
  context: CommandContext,
): Promise<readonly BundledText[]> {
  const { dataFolder, devicesFolder, routesFolder } = config
  const { outbox, routes } = openSite({ config: asked.configFile }, context)
  const names = routes.map((route) => route.name)
  const about = {
    made: new Date(systemClock.now().wallMs).toISOString(),
    ...{ version: versionText(), node: context.node, gateway: config.gateway },
    warnings: config.warnings,
  }
  return [
    { path: 'about.json', text: jsonText(about) },
    { path: 'system.json', text: jsonText(systemFacts(dataFolder)) },
    { path: 'gateway.yaml', text: readFileSync(asked.configFile, 'utf8') },
    ...textsIn(devicesFolder, 'devices'),
    ...textsIn(routesFolder, 'routes'),
    { path: 'map-history.json', text: jsonText(await readMapHistories(dataFolder)) },
    { path: 'event-log.json', text: jsonText(eventLogFacts(outbox.file, names)) },
    { path: 'audit-trail.json', text: jsonText(verifyTrail(trailFileIn(dataFolder))) },
    { path: 'data-files.json', text: jsonText(listOf(dataFolder)) },
    ...(asked.withEvents ? [{ path: 'events.ndjson', text: newestEvents(outbox.file) }] : []),
  ]
}

async function lastLines(file: string | undefined, { cwd }: CommandContext): Promise<string> {
  if (file !== undefined) return lastOf(readFileSync(resolve(cwd, file), 'utf8'))
  try {
    const words = ['--unit=millrace', '--output=cat', '--no-pager', `--lines=${LOG_LINES}`]
    const { stdout } = await promisify(execFile)('journalctl', words, {
      timeout: ANSWER_MS,
      maxBuffer: LOG_BYTES_MAX,
    })
    return stdout
  } catch (error) {
    return `no journal: ${(error as Error).message}; name the log: --log FILE\n`
  }
}

function lastOf(text: string): string {
  return text.split('\n').slice(-LOG_LINES).join('\n')
}

function secretsOf(config: Config, file: string, { env, cwd }: CommandContext): readonly string[] {
  const files = namedFiles(file, config, cwd).filter(({ isSecret }) => isSecret)
  return knownSecrets({ files: files.map((named) => named.file), env })
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
