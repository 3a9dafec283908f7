/** Makes the clients with which servers are reached. They all show the gateway's own certificate. */
import type { OPCUAClient, OPCUAClientOptions } from 'node-opcua-client'
import type { DriverContext, DriverLog } from '../../../domain/driver.ts'
import { loadLibrary, type OpcUaLibrary } from '../library.ts'
import type { OpcUaSecurity } from '../settings.ts'
import type { CertificateFacts } from '../trust/certificate-facts.ts'
import {
  APPLICATION_NAME,
  APPLICATION_URI,
  type CertificateStore,
  formerCertificate,
  keepOwnCertificate,
  type OwnCertificateChoice,
  openCertificateStore,
} from '../trust/certificates.ts'
import { usingStore } from '../trust/store-unusable.ts'

/** What differs between clients: how a connection is tried again, kept alive and limited. */
export type ClientLimits = Omit<
  OPCUAClientOptions,
  'securityMode' | 'securityPolicy' | 'certificateFile' | 'privateKeyFile' | 'clientCertificateManager'
>

interface LibraryWithClient {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
}

/** One for each driver, since its devices share the library and the certificate. */
export class OpcUaClients {
  #library: Promise<OpcUaLibrary> | undefined
  /** Under way, by state folder: a key takes seconds to make, and devices connect at the same time. */
  readonly #making = new Map<string, Promise<void>>()

  /** A client that is not connected yet. It is ended by {@link disconnect} or {@link abandon}. */
  async create(
    context: DriverContext,
    security: OpcUaSecurity,
    limits: ClientLimits,
    certificate: OwnCertificateChoice = 'present',
  ): Promise<LibraryWithClient> {
    this.#library ??= loadLibrary(context.log)
    const library = await this.#library
    const { manager, certificateFile, privateKeyFile } = await this.#openStore(context, certificate)
    const { None, SignAndEncrypt } = library.MessageSecurityMode
    const client = library.OPCUAClient.create({
      applicationName: APPLICATION_NAME,
      applicationUri: APPLICATION_URI,
      clientCertificateManager: manager,
      certificateFile,
      privateKeyFile,
      securityMode: security === 'None' ? None : SignAndEncrypt,
      securityPolicy: library.SecurityPolicy[security],
      // Servers behind NAT announce names that nobody can reach; mode and policy above hold all the same.
      endpointMustExist: false,
      // Only the types of structures that signals name: some servers have thousands.
      dataTypeExtractStrategy: library.DataTypeExtractStrategy.Lazy,
      ...limits,
    })
    // The manager counts who uses it: from now on that is the client alone.
    await manager.dispose()
    managerOf.set(client, manager)
    return { library, client }
  }

  /** The certificate that was renewed lately, while it is valid. */
  formerCertificate({ stateFolder, now }: DriverContext): CertificateFacts | undefined {
    return formerCertificate(stateFolder, now().wallMs)
  }

  /** Makes the gateway's certificate where there is none, and renews it in time. */
  async keepCertificate({ stateFolder, log, now }: DriverContext): Promise<void> {
    const making = this.#making.get(stateFolder) ?? this.#keepOwnCertificate(stateFolder, log, now().wallMs)
    this.#making.set(stateFolder, making)
    try {
      await making
    } finally {
      this.#making.delete(stateFolder)
    }
  }

  async #openStore(context: DriverContext, certificate: OwnCertificateChoice): Promise<CertificateStore> {
    return usingStore(context.stateFolder, async () => {
      await this.keepCertificate(context)
      return openCertificateStore(context.stateFolder, certificate)
    })
  }

  async #keepOwnCertificate(stateFolder: string, log: DriverLog, nowMs: number): Promise<void> {
    const news = await keepOwnCertificate(stateFolder, nowMs)
    if (news !== undefined) log.warn({ event: 'opcua-certificate-news', stateFolder }, news)
  }
}

const managerOf = new WeakMap<OPCUAClient, CertificateStore['manager']>()

/** Disconnects a client, and closes its view of the certificates: by itself it keeps that where it was never connected. */
export async function disconnect(client: OPCUAClient): Promise<void> {
  try {
    await client.disconnect()
  } finally {
    // It is closing already where the client was connected.
    await managerOf
      .get(client)
      ?.dispose()
      .catch(() => {})
  }
}

/** Disconnects a client without waiting for it: with a dead link that takes 15 s. */
export function abandon(client: OPCUAClient): void {
  disconnect(client).catch(() => {}) // Whether it succeeds makes no difference: this client is never used again.
}
