/** The least that watching these nodes can cost with `node-opcua-client`: a session and a subscription a machine, no more. */
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  AttributeIds,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
} from 'node-opcua-client'
import { answer } from '../child.ts'

export interface SubscribePlan {
  readonly url: string
  /** The node ids of each machine. */
  readonly machines: readonly (readonly string[])[]
  readonly samplingMs: number
  readonly publishingMs: number
  /** For the client's certificate. */
  readonly folder: string
}

/** The latest values, kept as the gateway keeps them. */
const latest: unknown[][] = []
let values = 0

async function subscribe(
  plan: SubscribePlan,
  machine: number,
  clientCertificateManager: OPCUACertificateManager,
): Promise<void> {
  const client = OPCUAClient.create({
    clientCertificateManager,
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
    endpointMustExist: false,
    keepSessionAlive: true,
  })
  await client.connect(plan.url)
  const session = await client.createSession()
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: plan.publishingMs,
    requestedMaxKeepAliveCount: 10,
    requestedLifetimeCount: 100,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  })
  const nodes = (plan.machines[machine] ?? []).map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }))
  const parameters = { samplingInterval: plan.samplingMs, queueSize: 10, discardOldest: true }
  const group = await subscription.monitorItems(nodes, parameters, TimestampsToReturn.Both)
  const row: unknown[] = []
  latest[machine] = row
  group.on('changed', (_item, dataValue, index) => {
    row[index] = dataValue.value.value
    values += 1
  })
}

const answers = {
  start: async (plan: SubscribePlan): Promise<void> => {
    const certificates = new OPCUACertificateManager({
      rootFolder: join(plan.folder, 'opcua-bare-pki'),
      automaticallyAcceptUnknownCertificate: true,
    })
    await certificates.initialize()
    await Promise.all(plan.machines.map((_, machine) => subscribe(plan, machine, certificates)))
  },
  /** How many values have come so far. */
  values: (_: undefined): number => values,
}

export type OpcuaSubscribe = typeof answers

answer(answers)
