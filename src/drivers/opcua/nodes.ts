/**
 * The nodes that the signals of one device mean on its server. A namespace has another index after each download of a PLC, and
 * may come later than the server: so what was found once is found again while the link is up.
 */
import type { NodeId } from 'node-opcua-client'
import type { OpcUaAddress } from './address.ts'
import type { OpcUaSession } from './session/session.ts'
import { noNamespaceText } from './signal-words.ts'

/** How often nodes are found again. */
export const FIND_AGAIN_MS = 30_000

/** Nodes of OPC UA part 6, annex A: Server_NamespaceArray and two of OperationLimits. */
const NAMESPACES = 'i=2255'
const NODES_PER_READ = 'i=11705'
const ITEMS_PER_CALL = 'i=11714'

/** The node, or why there is none. */
type ResolvedNode = { readonly nodeId: NodeId } | { readonly fault: string }

/** One for each link. */
export class ServerNodes {
  readonly #session: OpcUaSession
  #namespaces: readonly string[]

  private constructor(session: OpcUaSession, namespaces: readonly string[]) {
    this.#session = session
    this.#namespaces = namespaces
  }

  /**
   * Asks the server for its limits as well, before anything large is asked of it.
   * @throws Error from the library, when the server does not answer
   */
  static async find(session: OpcUaSession): Promise<ServerNodes> {
    const [namespaces, nodesPerRead, itemsPerCall] = await session.read([
      NAMESPACES,
      NODES_PER_READ,
      ITEMS_PER_CALL,
    ])
    session.sizes.read.limitTo(nodesPerRead?.value?.value)
    session.sizes.make.limitTo(itemsPerCall?.value?.value)
    return new ServerNodes(session, namespacesOf(namespaces?.value?.value))
  }

  /** @throws Error from the library, when the server does not answer */
  async findAgain(): Promise<void> {
    const [namespaces] = await this.#session.read([NAMESPACES])
    this.#namespaces = namespacesOf(namespaces?.value?.value)
  }

  /** All that the server has now, by their indexes. */
  get namespaces(): readonly string[] {
    return this.#namespaces
  }

  /** The same address with the URI of its namespace, where it names an index. */
  byUri(address: OpcUaAddress): OpcUaAddress {
    const uri =
      typeof address.namespace === 'number' && address.namespace > 0 && this.#namespaces[address.namespace]
    return uri ? { ...address, namespace: uri } : address
  }

  /** A node as maps name it: by the URI of its namespace, which stays when its index changes. */
  addressOf({ namespace, identifierType, value }: NodeId): OpcUaAddress {
    const uri = namespace === 0 ? undefined : this.#namespaces[namespace]
    const id = Buffer.isBuffer(value) ? value.toString('base64') : String(value)
    return { namespace: uri ?? namespace, kind: KINDS[identifierType as keyof typeof KINDS] ?? 's', id }
  }

  /** The node that an address means now. */
  resolve(address: OpcUaAddress): ResolvedNode {
    const { namespace, kind, id } = address
    const index = typeof namespace === 'number' ? namespace : this.#namespaces.indexOf(namespace)
    if (index < 0) return { fault: noNamespaceText(address, this.#namespaces) }
    return { nodeId: this.#session.library.coerceNodeId(`${kind}=${id}`, index) }
  }
}

/** The letters of OPC UA part 6 by the kinds of the library: 1 number, 2 text, 3 GUID, 4 bytes. */
const KINDS = { 1: 'i', 2: 's', 3: 'g', 4: 'b' } as const

function namespacesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
