/** Makes monitored items in a server and removes them, in requests as large as it takes. */
import type {
  ClientMonitoredItemBase,
  ClientSessionRawSubscriptionService,
  ClientSubscription,
  DataValue,
  EventFilter,
  NodeId,
} from 'node-opcua-client'
import type { OpcUaSession } from '../session/session.ts'

/** Values kept by the server between two messages: enough for 30 s of silence, and never fewer than 100. */
const QUEUE_COVERS_MS = 30_000
const QUEUE_MIN = 100
/** Alarms come in bursts, when a whole plant stops. */
const EVENTS_KEPT = 1_000

/** An item that is to be made. */
export interface WantedItem {
  readonly nodeId: NodeId
  readonly samplingMs: number
  /** Set where not the node's value is wanted, but the events that it sends. */
  readonly filter?: EventFilter | undefined
}

/** What is known of the item of one signal. */
export interface Item {
  readonly nodeId: NodeId
  readonly handle: number | undefined
  /** As the server numbers it; undefined where the server refused it. */
  readonly itemId: number | undefined
  /** The last that it sent, and when, by the monotonic clock. */
  value: DataValue | undefined
  valueMs: number
}

/** What a server says of each item for which it has no room. */
const NO_ROOM = /^BadTooManyMonitoredItems|^BadOutOfMemory/

/**
 * @returns for each wanted item what became of it, in their order; its status says whether the server took it
 * @throws Error, when the server refuses, or has no room for one of them
 */
export async function makeItems<Wanted extends WantedItem>(
  session: OpcUaSession,
  subscription: ClientSubscription,
  all: readonly Wanted[],
): Promise<readonly (readonly [Wanted, ClientMonitoredItemBase | undefined])[]> {
  const made: (readonly [Wanted, ClientMonitoredItemBase | undefined])[] = []
  for (const [samplingMs, sameRate] of Map.groupBy(all, (item) => item.samplingMs)) {
    for (const [filter, alike] of Map.groupBy(sameRate, (item) => item.filter)) {
      const options = { samplingMs, filter }
      const ask = (part: readonly Wanted[]) => makeInOneRequest(session, subscription, part, options)
      made.push(...(await session.inRequests(session.sizes.make, alike, { ask })))
    }
  }
  const refused = made.find(([, item]) => item && NO_ROOM.test(item.statusCode.name))?.[1]
  // A part of a machine's signals would show a machine that is not.
  if (refused) throw new Error(refused.statusCode.name)
  return made
}

/** @param itemIds as the server numbers its items */
export async function removeItems(
  session: OpcUaSession,
  subscription: ClientSubscription,
  itemIds: readonly number[],
): Promise<void> {
  const ask = async (part: readonly number[]) => {
    const { subscriptionId } = subscription
    // The library has this service of the session, and declares it beside.
    const services = session.session as unknown as ClientSessionRawSubscriptionService
    await services.deleteMonitoredItems({ subscriptionId, monitoredItemIds: [...part] })
    return part
  }
  await session.inRequests(session.sizes.make, itemIds, { ask })
}

async function makeInOneRequest<Wanted extends WantedItem>(
  { library }: OpcUaSession,
  subscription: ClientSubscription,
  wanted: readonly Wanted[],
  { samplingMs, filter }: Pick<WantedItem, 'samplingMs' | 'filter'>,
): Promise<(readonly [Wanted, ClientMonitoredItemBase | undefined])[]> {
  const { AttributeIds, TimestampsToReturn } = library
  const queueSize = filter ? EVENTS_KEPT : Math.max(QUEUE_MIN, Math.ceil(QUEUE_COVERS_MS / samplingMs))
  const attributeId = filter ? AttributeIds.EventNotifier : AttributeIds.Value
  const { monitoredItems } = await subscription.monitorItems(
    wanted.map(({ nodeId }) => ({ nodeId, attributeId })),
    {
      samplingInterval: filter ? 0 : samplingMs,
      queueSize,
      discardOldest: true,
      ...(filter && { filter }),
    },
    TimestampsToReturn.Both,
  )
  return wanted.map((item, n) => [item, monitoredItems[n]] as const)
}
