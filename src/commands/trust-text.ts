/** What `millrace trust` says. */
import { utcText } from '../domain/instant.ts'
import {
  type CertificateFacts,
  certificateWarnings,
  dateWarnings,
  FINGERPRINT_MIN_DIGITS,
} from '../drivers/opcua/trust/certificate-facts.ts'
import type { ShownServer } from '../drivers/opcua/trust/known-address.ts'
import { ACCEPTED, type OwnCertificate, UNTRUSTED, type Verdict } from '../drivers/opcua/trust/trust.ts'
import type { TrustedBefore } from '../drivers/opcua/trust/trusted-before.ts'
import type { WantedSecurity } from './wanted-securities.ts'

interface Looking {
  /** In ms since 1970. */
  readonly nowMs: number
  /** What was trusted at this address, the latest first. */
  readonly before: readonly TrustedBefore[]
}

/** What people compare, with warnings. */
export function certificateText(
  url: string,
  { facts, serverUri }: ShownServer,
  { nowMs, before }: Looking,
): string {
  const warnings = certificateWarnings(facts, serverUri, nowMs)
  const [latest] = before
  if (latest && !before.some(({ sha256 }) => sha256 === facts.sha256)) {
    warnings.push(
      `another certificate was trusted at this address before: ${latest.sha256}, on ${utcText(latest.atMs)}`,
    )
  }
  const rows = [...factRows(facts), ...warningRows(warnings)]
  return block(`${url} shows the certificate`, rows)
}

/** Which security the server offers, and which the maps ask for. */
export function securityText(offered: readonly string[], wanted: readonly WantedSecurity[]): string {
  const rows = wanted.map(({ device, security }) => {
    const found = offered.includes(security) ? 'offered' : 'NOT offered: it will not connect'
    return ['wanted', `${security} for ${device}: ${found}`] as const
  })
  const nobody = wanted.length === 0 ? [['wanted', 'by no device map: none has this url'] as const] : []
  return block('Security', [['offered', offered.join(', ') || 'none'], ...rows, ...nobody])
}

/** The gateway's own certificate. */
export function ownText({ file, facts, news }: OwnCertificate, nowMs: number): string {
  const warnings = [...(news === undefined ? [] : [news]), ...dateWarnings(facts, nowMs)]
  const rows = [['file', file] as const, ...factRows(facts), ...warningRows(warnings)]
  return block('The server must trust the certificate of this gateway in turn', rows)
}

/** The call that was made, without `--yes`. */
export function trustLine(url: string, config: string | undefined): string {
  return [
    'millrace trust',
    shellWord(url),
    ...(config === undefined ? [] : ['--config', shellWord(config)]),
  ].join(' ')
}

/** Whether the certificate is accepted, and what to do if not. `command` is what trusts it. */
export function nextStepText({ status, trustedFolder }: Verdict, command: string): string {
  if (status === ACCEPTED) {
    return `Trusted: the gateway accepts this certificate (to end that, take its file out of ${trustedFolder}).\n`
  }
  if (status === UNTRUSTED) {
    return (
      'NOT trusted yet: the gateway refuses to connect. Compare the fingerprint with the one that the server itself\n' +
      `shows (its screen, its engineering tool). Only if they are the same, run:\n\n  ${command}\n`
    )
  }
  return `NOT accepted, trusted or not: ${REFUSALS[status] ?? 'the certificate is not in order'} (${status}).\n`
}

/** For a server that shows no certificate. */
export function nothingShownText(url: string): string {
  return `${url} shows no certificate, so there is nothing to trust: it offers no security\n`
}

/** For a fingerprint that is not the one shown now. */
export function otherFingerprintText(url: string, typed: string): string {
  return (
    `NOT trusted: ${JSON.stringify(typed)} is not the fingerprint of the certificate that ${url} shows now.\n` +
    `At least its first ${FINGERPRINT_MIN_DIGITS} digits are needed. If it is what the server's own screen or tool shows,\n` +
    'something else answers at this address: do not trust that.\n'
  )
}

/** By OPC UA's status names (part 4, 6.1.3). */
const REFUSALS: Readonly<Record<string, string>> = {
  BadCertificateTimeInvalid:
    'it has expired or is not valid yet; compare the clocks, or renew it in the server',
  BadCertificateChainIncomplete:
    "it was signed by an issuer that is not known here; put the issuer's certificate into opcua/pki/issuers/certs " +
    'of the data folder and its revocation list into opcua/pki/issuers/crl, or let the server use a self-signed one',
  BadCertificateRevocationUnknown:
    "its issuer's revocation list is missing; put it into opcua/pki/issuers/crl of the data folder",
  BadCertificateIssuerRevocationUnknown:
    "a revocation list of its issuer's issuer is missing; put it into opcua/pki/issuers/crl of the data folder",
  BadCertificateIssuerTimeInvalid: "its issuer's certificate has expired or is not valid yet",
  BadCertificateRevoked: 'its issuer has revoked it',
}

type Row = readonly [name: string, value: string]

function factRows(facts: CertificateFacts): readonly Row[] {
  return [
    ['subject', facts.subject],
    ['issuer', facts.issuer ?? 'itself'],
    ['application', facts.applicationUri ?? 'none named'],
    ['valid', `${utcText(facts.validFromMs)} to ${utcText(facts.validToMs)}`],
    ['SHA-256', facts.sha256],
    ['SHA-1', facts.sha1],
  ]
}

function warningRows(warnings: readonly string[]): readonly Row[] {
  return warnings.map((text) => ['WARNING', text])
}

function block(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([name, value]) => `  ${name.padEnd(NAME_WIDTH)}${value}`)
  return `${title}\n${lines.join('\n')}\n\n`
}

const NAME_WIDTH = 13

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
