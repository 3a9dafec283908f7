/** The server's namespaces and limits, read once after connecting, and the node that each signal means. */
import type { ClientSession, NodeId } from 'node-opcua-client'
import type { OpcUaAddress } from './address.ts'
import type { OpcUaLibrary } from './library.ts'
import { noNamespaceText } from './signal-words.ts'

/** What has to be known of a server to ask it for values. */
export interface ServerFacts {
  readonly namespaces: readonly string[]
  readonly nodesPerRead: number
  readonly itemsPerCall: number
}

/** Nodes of OPC UA part 6, annex A: Server_NamespaceArray and two of OperationLimits. */
const FACT_NODES = ['i=2255', 'i=11705', 'i=11714'] as const
/** Where a server states no limit; small servers refuse more (Siemens: about 1000). */
const PER_CALL_DEFAULT = 500

/** @throws Error from the library, when the server does not answer */
export async function readServerFacts(session: ClientSession, library: OpcUaLibrary): Promise<ServerFacts> {
  const attributeId = library.AttributeIds.Value
  const values = await session.read(FACT_NODES.map((nodeId) => ({ nodeId, attributeId })))
  const [namespaces, nodesPerRead, itemsPerCall] = values.map((value): unknown => value.value?.value)
  return {
    namespaces: Array.isArray(namespaces) ? namespaces.map(String) : [],
    nodesPerRead: limitOf(nodesPerRead),
    itemsPerCall: limitOf(itemsPerCall),
  }
}

/** Zero means that there is no limit. */
function limitOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(value, PER_CALL_DEFAULT) : PER_CALL_DEFAULT
}

/** The node, or why there is none. */
type ResolvedNode = { readonly nodeId: NodeId } | { readonly fault: string }

/** The node that an address means on this server. A namespace's URI is looked up at each connect. */
export function resolveNode(
  address: OpcUaAddress,
  { namespaces }: ServerFacts,
  library: OpcUaLibrary,
): ResolvedNode {
  const { namespace, kind, id } = address
  const index = typeof namespace === 'number' ? namespace : namespaces.indexOf(namespace)
  if (index < 0) return { fault: noNamespaceText(address, namespaces) }
  return { nodeId: library.coerceNodeId(`${kind}=${id}`, index) }
}

/** All items in their order, at most `size` at a time. */
export function inChunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
}
