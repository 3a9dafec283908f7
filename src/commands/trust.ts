/**
 * `millrace trust`: shows an OPC UA server's certificate, and trusts it once somebody has compared its fingerprint.
 * Without `--yes` it trusts nothing, and with it only the certificate that the server shows at that moment.
 */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import type { DriverContext } from '../domain/driver.ts'
import { oddServerUrls, opcUaSettings } from '../drivers/opcua/settings.ts'
import { FINGERPRINT_MIN_DIGITS, isFingerprintOf } from '../drivers/opcua/trust/certificate-facts.ts'
import type { ShownServer } from '../drivers/opcua/trust/known-address.ts'
import { askServer } from '../drivers/opcua/trust/server-offer.ts'
import { ACCEPTED, judgeCertificate, ownCertificate, trustCertificate } from '../drivers/opcua/trust/trust.ts'
import { rememberTrust, trustedBefore } from '../drivers/opcua/trust/trusted-before.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { makeDataFolder } from '../runtime/private-folder.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { recordDone } from './record-done.ts'
import {
  certificateText,
  nextStepText,
  nothingShownText,
  otherFingerprintText,
  ownText,
  securityText,
  trustLine,
} from './trust-text.ts'
import { wantedSecurities } from './wanted-securities.ts'

const TRUSTED = 0
const NOT_TRUSTED = 1

export const trustCommand: Command = {
  name: 'trust',
  summary: "shows an OPC UA server's certificate, and trusts it once its fingerprint was compared",
  usage: `millrace trust URL [--yes FINGERPRINT] [--config config/gateway.yaml]
    without --yes: shows the certificate, and trusts nothing
    with --yes: trusts it, if FINGERPRINT (SHA-256 or SHA-1, at least its first ${FINGERPRINT_MIN_DIGITS} digits) is what the server shows now`,
  exits: ['0 the gateway accepts the certificate', '1 it does not (yet)'],
  example: 'millrace trust opc.tcp://10.20.3.17:4840',
  page: 'docs/configuration.md',
  run: trust,
}

async function trust(command: CommandContext): Promise<number> {
  const { args, env, cwd, out, err, signal } = command
  const options = { ...CONFIG_OPTION, yes: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const url = urlOf(positionals)
  const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  makeDataFolder(config.dataFolder)
  const log = createLog('error', logStream(command))
  const context = { ...systemClock, log, stateFolder: config.dataFolder }
  const { certificates, securities } = await askServer(url, context, signal)
  const nowMs = context.now().wallMs
  const before = trustedBefore(context.stateFolder, url)
  for (const certificate of certificates) out(certificateText(url, certificate, { nowMs, before }))
  out(securityText(securities, wantedSecurities(config.devicesFolder, url, cwd)))
  out(ownText(await ownCertificate(context.stateFolder, nowMs), nowMs))

  const meant = certificates.filter(
    ({ facts }) => values.yes === undefined || isFingerprintOf(values.yes, facts),
  )
  if (meant.length === 0) {
    err(values.yes === undefined ? nothingShownText(url) : otherFingerprintText(url, values.yes))
    return NOT_TRUSTED
  }
  if (values.yes !== undefined) {
    await trustAll(url, meant, context)
    const what = `the certificate of ${url} is trusted: ${meant.map(({ facts }) => facts.sha256).join(', ')}`
    recordDone(command, config.dataFolder, 'certificate-trusted', what)
  }
  return judge(meant, { url, context, out, command: trustLine(url, values.config) })
}

function urlOf([url, ...more]: readonly string[]): string {
  if (url === undefined) throw new UsageError('name the server: opc.tcp://HOST:4840')
  if (more.length > 0) throw new UsageError(`one server at a time, and not "${more.join(' ')}" as well`)
  const { data, error } = opcUaSettings.safeParse({ url })
  if (error) throw new UsageError(error.issues.map(({ message }) => message).join('; '))
  const [odd] = oddServerUrls(data)
  if (odd) throw new UsageError(`${odd.what}; ${odd.hint}`)
  return url
}

async function trustAll(
  url: string,
  certificates: readonly ShownServer[],
  { stateFolder, now }: DriverContext,
): Promise<void> {
  for (const { chain, facts } of certificates) {
    await trustCertificate(stateFolder, chain)
    await rememberTrust(stateFolder, url, { sha256: facts.sha256, atMs: now().wallMs })
  }
}

interface Judging {
  readonly url: string
  readonly context: DriverContext
  readonly out: (text: string) => void
  /** The call that was made, without `--yes`. */
  readonly command: string
}

/** Says of each certificate whether the next connect accepts it, and what to do if not. */
async function judge(certificates: readonly ShownServer[], to: Judging): Promise<number> {
  let allAccepted = true
  for (const certificate of certificates) {
    const verdict = await judgeCertificate(to.context.stateFolder, to.url, certificate)
    allAccepted &&= verdict.status === ACCEPTED
    to.out(nextStepText(verdict, `${to.command} --yes ${certificate.facts.sha256}`))
  }
  return allAccepted ? TRUSTED : NOT_TRUSTED
}
