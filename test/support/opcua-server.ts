/** A real OPC UA server in the test's own process, with one folder of variables that a test sets. */
import { join } from 'node:path'
import {
  type DataType,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  type StatusCode,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
  type UAVariable,
  type VariantOptions,
} from 'node-opcua'

export const NAMESPACE = 'urn:millrace:test'

setWarningLogger(() => {})
setErrorLogger(() => {})

export interface TestVariable {
  readonly name: string
  readonly dataType: keyof typeof DataType
  readonly initial: VariantOptions
}

export interface OpcUaTestServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  set(name: string, value: VariantOptions, statusCode?: StatusCode, sourceTime?: Date): void
  /** Connections that are open right now. */
  connections(): number
  /** What the server shows to whoever connects. */
  certificates(): readonly Buffer[]
  /** How the connections that are open right now are secured. */
  securityModes(): readonly string[]
  /** Ends the server, connections and sessions, as a PLC that is switched off. */
  stop(): Promise<void>
}

export interface OpcUaTestServerOptions {
  /** For its certificates. */
  readonly folder: string
  readonly variables: readonly TestVariable[]
  readonly port?: number
  readonly policies?: readonly SecurityPolicy[]
  /** How many nodes one read may name; 0 for any number. */
  readonly maxNodesPerRead?: number
}

export async function startOpcUaServer(options: OpcUaTestServerOptions): Promise<OpcUaTestServer> {
  const server = createServer(options)
  await server.initialize()
  const variables = addVariables(server, options.variables)
  await server.start()
  const port = server.endpoints[0]?.port ?? 0
  let isRunning = true
  const stop = async () => {
    if (isRunning) await server.shutdown(0)
    isRunning = false
  }
  return {
    port,
    url: `opc.tcp://127.0.0.1:${port}`,
    set: (name, value, statusCode = StatusCodes.Good, sourceTime = new Date()) => {
      variables.get(name)?.setValueFromSource(value, statusCode, sourceTime)
    },
    connections: () => server.endpoints.reduce((sum, endpoint) => sum + endpoint.currentChannelCount, 0),
    certificates: () => [server.getCertificate()],
    securityModes: () =>
      server.endpoints.flatMap((endpoint) =>
        endpoint.getChannels().map((channel) => MessageSecurityMode[channel.securityMode]),
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function createServer(options: OpcUaTestServerOptions): OPCUAServer {
  return new OPCUAServer({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    nodeset_filename: [nodesets.standard],
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: join(options.folder, 'server-pki'),
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    }),
    securityPolicies: [...(options.policies ?? [SecurityPolicy.None, SecurityPolicy.Basic256Sha256])],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    serverCapabilities: { operationLimits: { maxNodesPerRead: options.maxNodesPerRead ?? 0 } },
    isAuditing: false,
  })
}

function addVariables(server: OPCUAServer, drafts: readonly TestVariable[]): Map<string, UAVariable> {
  const { addressSpace } = server.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const namespace = addressSpace.registerNamespace(NAMESPACE)
  const folder = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: 'Plant' })
  return new Map(
    drafts.map(({ name, dataType, initial }) => {
      const nodeId = `s=${name}`
      const variable = namespace.addVariable({ componentOf: folder, browseName: name, nodeId, dataType })
      variable.setValueFromSource(initial)
      return [name, variable]
    }),
  )
}
