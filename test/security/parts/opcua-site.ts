/** An OPC UA server that could harm, and somebody who connects to it: the product's driver, or a client that is too trusting. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateSessionRequest,
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  UserTokenType,
} from 'node-opcua'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { trustCertificate } from '../../../src/drivers/opcua/trust/trust.ts'
import { rememberTrust } from '../../../src/drivers/opcua/trust/trusted-before.ts'
import { deviceOf, driverContext, readUntil } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

const STATE = { name: 'state', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 7 } } as const
const NODE = `nsu=${NAMESPACE};s=state`
const USER = { user: 'operator', password: 'canary-of-the-opcua-user' }

export interface OpcUaSite {
  readonly server: OpcUaTestServer
  /** Connects and reads a value, as a gateway does all day. Throws where it refuses to. */
  connect(): Promise<unknown>
}

export type Connect = (server: OpcUaTestServer, folder: string) => Promise<unknown>

/** What a server did not have to be told, and was: each is one finding. */
export async function judgeOpcUa({ server, connect }: OpcUaSite): Promise<readonly string[]> {
  const sessions: string[] = []
  server.teach({
    request: (request) => {
      if (request instanceof CreateSessionRequest) sessions.push('asked the server for a session')
    },
  })
  const value = await connect().then(
    () => ['took values from the server'],
    () => [],
  )
  return [...new Set(sessions), ...value]
}

/** A folder for keys and trust, which goes with the stack. */
export function scratchFolder(stack: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-security-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface ServerLook {
  readonly policies?: readonly SecurityPolicy[]
  /** What is odd about its certificate. */
  readonly certificate?: Partial<CertificateLook>
}

interface CertificateLook {
  readonly applicationUri: string
  readonly host: string
  readonly startDate: Date
  readonly days: number
}

/** What node-opcua's server calls itself, where nothing else is said. */
const SERVER_URI = 'urn:NodeOPCUA-Server'
const YEAR_DAYS = 365

export async function startServer(
  stack: AsyncDisposableStack,
  look: ServerLook = {},
): Promise<OpcUaTestServer> {
  const folder = scratchFolder(stack)
  if (look.certificate) await makeCertificate(join(folder, 'server-pki'), look.certificate)
  const policies = look.policies ?? [SecurityPolicy.Basic256Sha256]
  return stack.use(await startOpcUaServer({ folder, variables: [STATE], policies }))
}

async function makeCertificate(rootFolder: string, look: Partial<CertificateLook>): Promise<void> {
  mkdirSync(rootFolder, { recursive: true })
  const manager = new OPCUACertificateManager({ rootFolder, disableFileWatchers: true })
  await manager.initialize()
  await manager.createSelfSignedCertificate({
    applicationUri: look.applicationUri ?? SERVER_URI,
    dns: [],
    ip: [look.host ?? '127.0.0.1'],
    outputFile: join(rootFolder, 'own', 'certs', 'certificate.pem'),
    subject: '/CN=Press',
    startDate: look.startDate ?? new Date(Date.now() - YEAR_DAYS * 86_400_000),
    validity: look.days ?? 2 * YEAR_DAYS,
  })
  await manager.dispose()
}

/** The product's driver, with what a device map says of the security. */
export function gateway(security: object = {}): Connect {
  return async (server, folder) => {
    const passwordFile = join(folder, 'opcua-password')
    writeFileSync(passwordFile, USER.password, { mode: 0o600 })
    await using driver = createOpcUaDriver()
    const keys = { url: server.url, user: USER.user, password_file: passwordFile, ...security }
    const device = deviceOf(driver, keys, { state: { at: NODE } })
    const signal = AbortSignal.timeout(20_000)
    await using link = await driver.connect(device, driverContext(folder), signal)
    return await readUntil(link, (readings) => readings.length > 0)
  }
}

/** A client that keeps no list of whom it trusts, and takes the endpoint that it is offered. */
export const credulous: Connect = async (server, folder) => {
  const manager = new OPCUACertificateManager({
    rootFolder: join(folder, 'credulous'),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  await manager.initialize()
  const asking = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
  await asking.connect(server.url)
  const offered = await asking.getEndpoints()
  await asking.disconnect()
  const best = offered.toSorted((a, b) => b.securityMode - a.securityMode)[0]
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientCertificateManager: manager,
    securityMode: best?.securityMode ?? MessageSecurityMode.None,
    securityPolicy: (best?.securityPolicyUri ?? SecurityPolicy.None) as SecurityPolicy,
    connectionStrategy: { maxRetry: 0 },
  })
  await client.connect(server.url)
  try {
    const session = await client.createSession({ type: UserTokenType.Anonymous })
    return await session.read({ nodeId: `ns=1;s=state` })
  } finally {
    await client.disconnect()
  }
}

/** Trusts what a server shows for an address, as `millrace trust URL --yes` does once somebody has compared it. */
export async function trust(server: OpcUaTestServer, folder: string, url = server.url): Promise<void> {
  const [chain = Buffer.alloc(0)] = server.certificates()
  await trustCertificate(folder, chain)
  await rememberTrust(folder, url, { sha256: new X509Certificate(chain).fingerprint256, atMs: Date.now() })
}
