/**
 * A packaging machine as OPC 30050 describes one: an OPC UA server with PackML's status and admin tags.
 *
 * It offers security None and Basic256Sha256 and trusts every client, because it is a simulator. Everybody may read, nobody
 * may write. Requests to write or to call a method are counted.
 */
import {
  DataType,
  MessageSecurityMode,
  nodesets,
  type OPCUACertificateManager,
  OPCUAServer,
  RegisterServerMethod,
  SecurityPolicy,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
  type UAVariable,
} from 'node-opcua'
import type { Condition, Panel, Traffic, View } from '../panel.ts'
import type { PackmlSpec } from '../scenario.ts'
import { actingPath, STATE_NUMBERS, unitMode, waitState } from './states.ts'

const NAMESPACE = 'urn:millrace:simulators'

/** The NodeIds are these names as strings. */
const TAGS = {
  'Status.StateCurrent': DataType.Int32,
  'Status.UnitModeCurrent': DataType.Int32,
  'Status.EquipmentStarved': DataType.Boolean,
  'Admin.StopReason[0].ID': DataType.Int32,
  'Admin.ProdProcessedCount[0].Count': DataType.Int32,
  'Admin.ProdDefectiveCount[0].Count': DataType.Int32,
  Heartbeat: DataType.UInt32,
} as const
type Tag = keyof typeof TAGS

const CONDITION_CODES = {
  good: StatusCodes.Good,
  bad_quality: StatusCodes.BadSensorFailure,
  exception: StatusCodes.BadDeviceFailure,
} as const

// The library prints warnings on standard output, where a reader expects nothing but our two lines of JSON.
setWarningLogger((...words: unknown[]) => console.error(...words))
setErrorLogger((...words: unknown[]) => console.error(...words))

interface PackmlUnitOptions {
  readonly code: string
  readonly spec: PackmlSpec
  /** The address that the server gives to clients: the gate in front of it. */
  readonly publicUrl: string
  readonly certificates: OPCUACertificateManager
}

export async function startPackmlUnit(options: PackmlUnitOptions): Promise<Panel> {
  const { spec } = options
  const numbers = STATE_NUMBERS[spec.states]
  const server = createServer(options)
  await server.initialize()
  const variables = addTags(server, options.code)
  const traffic = countTraffic(server)
  const written = new Map<Tag, string>()
  let condition: Condition = 'good'
  let last: View | undefined

  // Only values that changed are written, so that a source timestamp is the time of that change.
  const write = (view: View) => {
    const values = tagValues(view, view.acting ?? numbers[waitState(view.situation, spec.faults)])
    for (const [tag, value] of Object.entries(values) as [Tag, number | boolean][]) {
      const content = `${value} ${condition}`
      if (written.get(tag) === content) continue
      written.set(tag, content)
      const variant = { dataType: TAGS[tag], value }
      variables[tag].setValueFromSource(variant, CONDITION_CODES[condition], new Date(view.atMs))
    }
  }
  await server.start()
  return {
    port: server.endpoints[0]?.port ?? 0,
    actingStates: (from, to) =>
      actingPath(waitState(from, spec.faults), waitState(to, spec.faults)).map((state) => numbers[state]),
    show: (view) => {
      last = view
      write(view)
    },
    setCondition: (next) => {
      condition = next
      if (last) write({ ...last, atMs: Date.now() })
    },
    traffic: () => ({ ...traffic }),
    [Symbol.asyncDispose]: () => server.shutdown(0),
  }
}

/** A client that is killed every second or two leaves fewer sessions than this until they time out after two minutes. */
const SESSIONS_MAX = 200

function createServer({ code, publicUrl, certificates }: PackmlUnitOptions): OPCUAServer {
  return new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    advertisedEndpoints: publicUrl,
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: true,
    serverInfo: { applicationUri: NAMESPACE, productUri: NAMESPACE, applicationName: { text: code } },
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    registerServerMethod: RegisterServerMethod.HIDDEN,
    // The session of a killed client stays open until it times out, and some tests kill their client every few seconds.
    serverCapabilities: { maxSessions: SESSIONS_MAX },
    nodeset_filename: [nodesets.standard],
  })
}

function addTags(server: OPCUAServer, code: string): Readonly<Record<Tag, UAVariable>> {
  const space = server.engine.addressSpace
  if (!space) throw new Error('the OPC UA server has no address space after it was initialized')
  const namespace = space.registerNamespace(NAMESPACE)
  const unit = namespace.addObject({ browseName: code, organizedBy: space.rootFolder.objects })
  const variable = (tag: Tag) =>
    namespace.addVariable({
      componentOf: unit,
      nodeId: `s=${tag}`,
      browseName: tag,
      dataType: TAGS[tag],
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
    })
  return Object.fromEntries((Object.keys(TAGS) as Tag[]).map((tag) => [tag, variable(tag)])) as Record<
    Tag,
    UAVariable
  >
}

function tagValues(view: View, stateNumber: number): Readonly<Record<Tag, number | boolean>> {
  const { situation, goodCount, scrapCount, heartbeat } = view
  // The reason is set before the state, as a first-out logic in a PLC does; both within one turn of the event loop.
  return {
    'Admin.StopReason[0].ID': situation.fault,
    'Status.EquipmentStarved': situation.state === 'starved',
    'Status.UnitModeCurrent': unitMode(situation),
    'Status.StateCurrent': stateNumber,
    'Admin.ProdProcessedCount[0].Count': goodCount + scrapCount,
    'Admin.ProdDefectiveCount[0].Count': scrapCount,
    Heartbeat: heartbeat,
  }
}

const POLLS: ReadonlySet<string> = new Set(['ReadRequest', 'PublishRequest'])
const WRITES: ReadonlySet<string> = new Set(['WriteRequest', 'CallRequest', 'HistoryUpdateRequest'])

function countTraffic(server: OPCUAServer): Traffic {
  const traffic = { requests: 0, writeRequests: 0, polls: 0 }
  server.on('request', (request) => {
    const service = request.schema.name
    traffic.requests += 1
    if (POLLS.has(service)) traffic.polls += 1
    if (WRITES.has(service)) traffic.writeRequests += 1
  })
  return traffic
}
