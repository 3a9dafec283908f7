/** What an OPC UA server shows to anybody who asks, and the trust in it. */
import {
  type CertificateFacts,
  certificateWarnings,
  isFingerprintOf,
} from '../../drivers/opcua/trust/certificate-facts.ts'
import type { ShownServer } from '../../drivers/opcua/trust/known-address.ts'
import { askServer } from '../../drivers/opcua/trust/server-offer.ts'
import {
  ACCEPTED,
  judgeCertificate,
  ownCertificate,
  trustCertificate,
} from '../../drivers/opcua/trust/trust.ts'
import { rememberTrust, trustedBefore } from '../../drivers/opcua/trust/trusted-before.ts'
import { type ConnectParts, driverContext } from './parts.ts'
import type { ProbeVerdict } from './shapes.ts'

/** What a server offers, with whether it is trusted. */
export interface ServerLook {
  readonly securities: string[]
  readonly certificates: ProbeVerdict['certificates']
}

/** @throws LinkLost */
export async function serverLook(url: string, parts: ConnectParts, signal: AbortSignal): Promise<ServerLook> {
  const { securities, certificates } = await askServer(url, driverContext(parts), signal)
  const shown: ProbeVerdict['certificates'] = []
  for (const one of certificates) shown.push(await shownCertificate(url, one, parts))
  return { securities: [...securities], certificates: shown }
}

async function shownCertificate(
  url: string,
  server: ShownServer,
  { stateFolder, clock }: ConnectParts,
): Promise<ProbeVerdict['certificates'][number]> {
  const { facts, serverUri } = server
  const { status } = await judgeCertificate(stateFolder, url, server)
  const before = trustedBefore(stateFolder, url)
  const isOther = before.length > 0 && !before.some(({ sha256 }) => sha256 === facts.sha256)
  const other = isOther
    ? [`another certificate was trusted at this address before: ${before[0]?.sha256}`]
    : []
  return {
    ...factsOnWire(facts),
    is_trusted: status === ACCEPTED,
    warnings: [...certificateWarnings(facts, serverUri, clock.now().wallMs), ...other],
  }
}

function factsOnWire(
  facts: CertificateFacts,
): Omit<ProbeVerdict['certificates'][number], 'is_trusted' | 'warnings'> {
  return {
    subject: facts.subject,
    issuer: facts.issuer ?? null,
    application_uri: facts.applicationUri ?? null,
    valid_from: new Date(facts.validFromMs).toISOString(),
    valid_to: new Date(facts.validToMs).toISOString(),
    sha256: facts.sha256,
    sha1: facts.sha1,
  }
}

/** The one that the server has to trust in turn. */
export async function ownCertificateOf({
  stateFolder,
  clock,
}: ConnectParts): Promise<ProbeVerdict['own_certificate']> {
  const { file, facts } = await ownCertificate(stateFolder, clock.now().wallMs)
  return { file, sha256: facts.sha256, sha1: facts.sha1 }
}

/** @returns false where the server shows no certificate of this fingerprint now: nothing is trusted then */
export async function trustServer(
  url: string,
  fingerprint: string,
  parts: ConnectParts,
  signal: AbortSignal,
): Promise<boolean> {
  const { certificates } = await askServer(url, driverContext(parts), signal)
  const meant = certificates.filter(({ facts }) => isFingerprintOf(fingerprint, facts))
  for (const { chain, facts } of meant) {
    await trustCertificate(parts.stateFolder, chain)
    await rememberTrust(parts.stateFolder, url, { sha256: facts.sha256, atMs: parts.clock.now().wallMs })
  }
  return meant.length > 0
}
