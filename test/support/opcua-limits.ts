/** Limits of OPC UA servers in the field, which not all of them state, to be taught to the one of the tests. */
import {
  CreateMonitoredItemsRequest,
  type OPCUAServer,
  ReadRequest,
  type Request,
  type ServiceFault,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'
import type { OpcUaHabit } from './opcua-server.ts'

/** Answers such requests with a fault; nothing is read, and no item is made. */
export function refuses(status: StatusCode, isRefused: (request: Request) => boolean): OpcUaHabit {
  const refused = new WeakSet<Request>()
  return {
    request: (request) => {
      if (!isRefused(request)) return
      refused.add(request)
      // A server does not answer an empty request with anything but a fault.
      if (request instanceof ReadRequest) request.nodesToRead = []
      if (request instanceof CreateMonitoredItemsRequest) request.itemsToCreate = []
    },
    answer: (answer, request) => {
      if (refused.has(request)) (answer as ServiceFault).responseHeader.serviceResult = status
      return answer
    },
  }
}

/** Refuses to publish, at once, as a server that has dropped the session. */
export function refusesToPublish({ engine }: OPCUAServer, status: StatusCode): OpcUaHabit {
  return {
    request: ({ requestHeader, schema }) => {
      if (schema.name !== 'PublishRequest') return
      const session = engine.getSession(requestHeader.authenticationToken)
      setImmediate(() => session?.publishEngine?.cancelPendingPublishRequestBeforeChannelChange())
    },
    answer: (answer, request) => {
      if (request.schema.name === 'PublishRequest') answer.responseHeader.serviceResult = status
      return answer
    },
  }
}

/** Takes no more nodes in one Read, and does not say so. */
export function readsAtMost(nodes: number): OpcUaHabit {
  return refuses(StatusCodes.BadTooManyOperations, (request) => nodesOf(request).length > nodes)
}

/** Makes no more items in one request, and does not say so. */
export function makesAtMost(items: number): OpcUaHabit {
  return refuses(
    StatusCodes.BadTooManyOperations,
    (request) => request instanceof CreateMonitoredItemsRequest && itemsOf(request) > items,
  )
}

/** Sends no answer with the value of this node, because it is too large. */
export function cannotSend(id: string): OpcUaHabit {
  return refuses(StatusCodes.BadResponseTooLarge, (request) =>
    nodesOf(request).some(({ nodeId }) => nodeId.value === id),
  )
}

/** Takes so long to make each item. */
export function makesSlowly(msAnItem: number): OpcUaHabit {
  return {
    answer: async (answer, request) => {
      if (request instanceof CreateMonitoredItemsRequest)
        await new Promise((wake) => setTimeout(wake, msAnItem * itemsOf(request)))
      return answer
    },
  }
}

function nodesOf(request: Request) {
  return (request instanceof ReadRequest ? request.nodesToRead : null) ?? []
}

function itemsOf({ itemsToCreate }: CreateMonitoredItemsRequest): number {
  return itemsToCreate?.length ?? 0
}
