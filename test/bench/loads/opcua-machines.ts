/**
 * One OPC UA server with many machines in one process, as the load of a benchmark.
 *
 * Each machine has a status word and nodes that count up, all of them once a period. It offers no security, because
 * what is compared is the work on values; it is no model of a real PLC.
 */
import { join } from 'node:path'
import {
  DataType,
  MessageSecurityMode,
  type Namespace,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  type UAVariable,
} from 'node-opcua'
import { answer } from '../child.ts'
import { monotonicMs } from '../process-meter.ts'
import { nodeId, STATUS_ROUND } from './plant.ts'

export interface OpcuaLoad {
  readonly machines: number
  /** Of each machine; the status word is one of them. */
  readonly nodes: number
  /** How often every node but the status word changes; 0 leaves them alone. */
  readonly changeMs: number
  /** How long a machine stays in one status; 0 leaves the status word alone. */
  readonly statusMs: number
  /** For the server's certificate. */
  readonly folder: string
}

class OpcuaMachine {
  readonly #nodes: readonly UAVariable[]
  #count = 0
  #turn = 0

  constructor(namespace: Namespace, machine: number, nodes: number) {
    this.#nodes = Array.from({ length: nodes }, (_, node) =>
      namespace.addVariable({
        nodeId: nodeId(machine, node),
        browseName: `M${machine}.${node}`,
        organizedBy: namespace.addressSpace.rootFolder.objects,
        dataType: DataType.Int32,
        value: { dataType: DataType.Int32, value: node === 0 ? STATUS_ROUND[0] : 0 },
      }),
    )
  }

  setStatus(status: number): void {
    this.#nodes[0]?.setValueFromSource({ dataType: DataType.Int32, value: status })
  }

  goRound(): void {
    this.#turn += 1
    this.setStatus(STATUS_ROUND[this.#turn % STATUS_ROUND.length] ?? STATUS_ROUND[0])
  }

  change(): void {
    this.#count += 1
    for (const node of this.#nodes.slice(1)) {
      node.setValueFromSource({ dataType: DataType.Int32, value: this.#count })
    }
  }
}

async function startServer(load: OpcuaLoad): Promise<OPCUAServer> {
  const server = new OPCUAServer({
    port: 0,
    hostname: '127.0.0.1',
    securityModes: [MessageSecurityMode.None],
    securityPolicies: [SecurityPolicy.None],
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: join(load.folder, 'opcua-load-pki'),
    }),
    maxConnectionsPerEndpoint: load.machines * 2 + 10,
    // The gateway's machines have a subscription each in one session; by itself this server allows ten.
    serverCapabilities: {
      maxSessions: load.machines * 2 + 10,
      maxSubscriptionsPerSession: load.machines + 10,
    },
  })
  await server.initialize()
  return server
}

let machines: readonly OpcuaMachine[] = []

const answers = {
  /** @returns the server's URL */
  start: async (load: OpcuaLoad): Promise<string> => {
    const server = await startServer(load)
    const namespace = server.engine.addressSpace?.getOwnNamespace()
    if (!namespace) throw new Error('the OPC UA server has no address space')
    machines = Array.from(
      { length: load.machines },
      (_, index) => new OpcuaMachine(namespace, index, load.nodes),
    )
    await server.start()
    if (load.changeMs > 0)
      setInterval(() => machines.forEach((machine) => void machine.change()), load.changeMs)
    if (load.statusMs > 0) machines.forEach((machine, index) => void spread(machine, index, load))
    return server.getEndpointUrl()
  },
  /** Writes a status word. @returns when, on the machine's monotonic clock */
  setStatus: ({ device, status }: { device: number; status: number }): number => {
    machines[device]?.setStatus(status)
    return monotonicMs()
  },
}

/** Machines change their status in turn, not all at once. */
function spread(machine: OpcuaMachine, index: number, load: OpcuaLoad): void {
  const phaseMs = (load.statusMs * index) / load.machines
  setTimeout(() => setInterval(() => machine.goRound(), load.statusMs), phaseMs)
}

export type OpcuaMachines = typeof answers

answer(answers)
