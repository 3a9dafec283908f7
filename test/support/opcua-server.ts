/** A real OPC UA server in the test's own process, with one folder of variables that a test sets. */
import { join } from 'node:path'
import {
  type DataType,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  PublishResponse,
  type Request,
  type Response,
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

/** One habit of a server: what it does otherwise than node-opcua's own. */
export interface OpcUaHabit {
  /** Sees each request before it is handled, and may change it, as a server that revises what it is asked for. */
  readonly request?: (request: Request) => void
  /** Gives what is sent in place of an answer: the same one, another one, or one that comes later. */
  readonly answer?: (answer: Response, request: Request) => Response | Promise<Response>
}

export interface OpcUaTestServer extends AsyncDisposable {
  readonly port: number
  /** The server itself, for what a test does to its nodes and sessions. */
  readonly engine: OPCUAServer
  /** Gives it a habit, from the next request on. Habits are applied in the order in which they were taught. */
  teach(habit: OpcUaHabit): void
  /** How many requests of a kind have come, such as `RepublishRequest`. */
  requests(kind: string): number
  readonly url: string
  set(name: string, value: VariantOptions, statusCode?: StatusCode, sourceTime?: Date): void
  /** Once the variable was read for a subscription, in a reading that begins from now on. */
  sampled(name: string): Promise<void>
  /** Puts its clock this far ahead of ours (behind, when negative): for what it stamps from now on. */
  setClock(offsetMs: number): void
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
  /** How far its clock is ahead of ours from the start (behind, when negative). */
  readonly clockMs?: number
  /** How many nodes one read may name; 0 for any number. */
  readonly maxNodesPerRead?: number
  /** The longest message that it takes, in bytes; 0 for any length. */
  readonly maxMessageSize?: number
  /** Files with types of its own. */
  readonly nodesets?: readonly string[]
  /** Whether it takes the certificates of clients that nobody has trusted there; it does unless told otherwise. */
  readonly trustsAllClients?: boolean
  /** Likewise of users. */
  readonly trustsAllUsers?: boolean
  /** How many sessions it has; 0 for as many as it likes. */
  readonly maxSessions?: number
  /** How many subscriptions, and how many items, it has; as many as it likes unless told. */
  readonly room?: ServerRoom
}

/** Where a server has less room than it is asked for, it refuses. */
export interface ServerRoom {
  readonly maxSubscriptionsPerSession?: number
  readonly maxSubscriptions?: number
  readonly maxMonitoredItemsPerSubscription?: number
  readonly maxMonitoredItems?: number
}

const AMPLE_ROOM: ServerRoom = { maxSubscriptionsPerSession: 100 }

export async function startOpcUaServer(options: OpcUaTestServerOptions): Promise<OpcUaTestServer> {
  const server = createServer(options)
  await initializeAlone(server, options.folder)
  let offsetMs = options.clockMs ?? 0
  const serverTime = () => new Date(Date.now() + offsetMs)
  const variables = addVariables(server, options.variables, serverTime())
  await server.start()
  const port = server.endpoints[0]?.port ?? 0
  const requests = new Map<string, number>()
  const habits: OpcUaHabit[] = [{ answer: (answer) => stamped(answer, offsetMs) }]
  listen(server, habits, (kind) => requests.set(kind, (requests.get(kind) ?? 0) + 1))
  let isRunning = true
  const stop = async () => {
    if (isRunning) await server.shutdown(0)
    isRunning = false
  }
  return {
    port,
    engine: server,
    teach: (habit) => habits.push(habit),
    requests: (kind) => requests.get(kind) ?? 0,
    url: `opc.tcp://127.0.0.1:${port}`,
    set: (name, value, statusCode = StatusCodes.Good, sourceTime = serverTime()) => {
      variables.get(name)?.setValueFromSource(value, statusCode, sourceTime)
    },
    sampled: (name) => nextSampling(variables.get(name)),
    setClock: (aheadMs) => {
      offsetMs = aheadMs
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

/** A subscription reads its variables by their own method. */
function nextSampling(variable: UAVariable | undefined): Promise<void> {
  if (!variable) throw new Error('there is no such variable')
  const { promise, resolve } = Promise.withResolvers<void>()
  const read = variable.readValueAsync
  variable.readValueAsync = function (this: UAVariable, ...args: readonly unknown[]) {
    variable.readValueAsync = read
    const reading = Reflect.apply(read, this, args)
    // By then the value is in the queue of the subscription.
    setImmediate(resolve)
    return reading
  } as typeof read
  return promise
}

const initializing = new Map<string, Promise<unknown>>()

/** Servers that share a folder share the certificate in it. Whoever comes second must not read it while it is being written. */
async function initializeAlone(server: OPCUAServer, folder: string): Promise<void> {
  const before = initializing.get(folder)
  const turn = Promise.allSettled([before]).then(() => server.initialize())
  initializing.set(folder, turn)
  await turn
}

/** A channel as far as its answers go; the library does not declare that it sends them. */
interface AnsweringChannel {
  send_response(type: string, answer: Response, message: { readonly request: Request }, done?: unknown): void
}

/** Puts the habits between the clients and the server, whose own code stays as it is. */
function listen(server: OPCUAServer, habits: readonly OpcUaHabit[], count: (kind: string) => void): void {
  server.on('request', (request: Request) => {
    count(request.schema.name)
    for (const habit of habits) habit.request?.(request)
  })
  server.on('newChannel', (opened: unknown) => {
    const channel = opened as AnsweringChannel
    const send = channel.send_response.bind(channel)
    channel.send_response = (type, answer, message, done) => {
      const answering = habits.flatMap((habit) => habit.answer ?? [])
      if (type !== 'MSG' || answering.length === 0) return send(type, answer, message, done)
      void answering
        .reduce<Promise<Response>>(
          async (before, next) => next(await before, message.request),
          Promise.resolve(answer),
        )
        .then((changed) => send(type, changed, message, done))
    }
  })
}

/** An answer as a server with that clock stamps it. What it keeps to be repeated keeps its time; node-opcua's has none. */
function stamped(answer: Response, offsetMs: number): Response {
  const time = new Date(Date.now() + offsetMs)
  answer.responseHeader.timestamp = time
  if (answer instanceof PublishResponse) answer.notificationMessage.publishTime = time
  return answer
}

function createServer(options: OpcUaTestServerOptions): OPCUAServer {
  return new OPCUAServer({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    nodeset_filename: [nodesets.standard, ...(options.nodesets ?? [])],
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: join(options.folder, 'server-pki'),
      automaticallyAcceptUnknownCertificate: options.trustsAllClients ?? true,
      disableFileWatchers: true,
    }),
    userCertificateManager: new OPCUACertificateManager({
      rootFolder: join(options.folder, 'users-pki'),
      automaticallyAcceptUnknownCertificate: options.trustsAllUsers ?? true,
      disableFileWatchers: true,
    }),
    securityPolicies: [...(options.policies ?? [SecurityPolicy.None, SecurityPolicy.Basic256Sha256])],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    serverCapabilities: {
      operationLimits: { maxNodesPerRead: options.maxNodesPerRead ?? 0 },
      maxSessions: options.maxSessions || 100,
      ...AMPLE_ROOM,
      ...options.room,
    },
    isAuditing: false,
    transportSettings: {
      adjustTransportLimits: (hello) => ({
        ...hello,
        ...(options.maxMessageSize ? { maxMessageSize: options.maxMessageSize } : {}),
      }),
    },
  })
}

function addVariables(
  server: OPCUAServer,
  drafts: readonly TestVariable[],
  at: Date,
): Map<string, UAVariable> {
  const { addressSpace } = server.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const namespace = addressSpace.registerNamespace(NAMESPACE)
  const folder = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: 'Plant' })
  return new Map(
    drafts.map(({ name, dataType, initial }) => {
      const nodeId = `s=${name}`
      const variable = namespace.addVariable({ componentOf: folder, browseName: name, nodeId, dataType })
      variable.setValueFromSource(initial, StatusCodes.Good, at)
      return [name, variable]
    }),
  )
}
