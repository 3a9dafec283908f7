/**
 * The nodes that the signals of one device mean on its server, and what the server says of their values. A namespace has another
 * index after each download of a PLC, and may come later than the server: so what was found once is found again while the link
 * is up.
 */
import type { DataValue, NodeId } from 'node-opcua-client'
import type { DriverLog } from '../../domain/driver.ts'
import type { SignalSpec } from '../../domain/signal.ts'
import type { OpcUaAddress } from './address.ts'
import type { OpcUaSession } from './session/session.ts'
import { noNamespaceText } from './signal-words.ts'
import type { Meant } from './values/decode.ts'
import { findEnumWords } from './values/enum-words.ts'
import { type Step, splitsOf } from './values/part.ts'
import type { EnumWords } from './values/pick.ts'

/** How often nodes are found again. */
export const FIND_AGAIN_MS = 30_000

/** Nodes of OPC UA part 6, annex A: Server_NamespaceArray and three of OperationLimits. */
const NAMESPACES = 'i=2255'
const NODES_PER_READ = 'i=11705'
const NODES_PER_BROWSE = 'i=11710'
const ITEMS_PER_CALL = 'i=11714'

/** The node, or why there is none. */
type ResolvedNode = { readonly nodeId: NodeId } | { readonly fault: string }

/** What a link knows of its server besides the session. */
interface NodesOptions {
  readonly session: OpcUaSession
  readonly signals: readonly SignalSpec<OpcUaAddress>[]
  readonly log: DriverLog
}

/** What was found for an address. */
interface FoundNode {
  /** The id that the server has, where it is shorter than the one in the map. */
  readonly id: string
  readonly steps: readonly Step[]
  words: EnumWords | undefined
}

/** One for each link. */
export class ServerNodes {
  readonly #options: NodesOptions
  readonly #found = new Map<OpcUaAddress, FoundNode>()
  #namespaces: readonly string[]

  private constructor(options: NodesOptions, namespaces: readonly string[]) {
    this.#options = options
    this.#namespaces = namespaces
  }

  /**
   * Asks the server for its limits as well, before anything large is asked of it.
   * @throws Error from the library, when the server does not answer
   */
  static async find(options: NodesOptions): Promise<ServerNodes> {
    const { session } = options
    const [namespaces, nodesPerRead, nodesPerBrowse, itemsPerCall] = await session.read([
      NAMESPACES,
      NODES_PER_READ,
      NODES_PER_BROWSE,
      ITEMS_PER_CALL,
    ])
    session.sizes.read.limitTo(nodesPerRead?.value?.value)
    session.sizes.browse.limitTo(nodesPerBrowse?.value?.value)
    session.sizes.make.limitTo(itemsPerCall?.value?.value)
    const nodes = new ServerNodes(options, namespacesOf(namespaces?.value?.value))
    await nodes.#look()
    return nodes
  }

  /** @throws Error from the library, when the server does not answer */
  async findAgain(): Promise<void> {
    const [answer] = await this.#options.session.read([NAMESPACES])
    const namespaces = namespacesOf(answer?.value?.value)
    // Another program runs there: its types may be other ones.
    if (namespaces.join('\n') !== this.#namespaces.join('\n')) this.#found.clear()
    this.#namespaces = namespaces
    await this.#look()
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
    const { namespace, kind } = address
    const index = typeof namespace === 'number' ? namespace : this.#namespaces.indexOf(namespace)
    if (index < 0) return { fault: noNamespaceText(address, this.#namespaces) }
    const id = this.#found.get(address)?.id ?? address.id
    return { nodeId: this.#options.session.library.coerceNodeId(`${kind}=${id}`, index) }
  }

  /** Which part of the node's value an address means, and the server's words for its numbers. */
  meant(address: OpcUaAddress): Meant {
    const { steps = [] } = address
    return this.#found.get(address) ?? { steps }
  }

  /** Looks at each node that has not been found yet. */
  async #look(): Promise<void> {
    const addresses = this.#options.signals
      .filter(({ address }) => !this.#found.has(address))
      .map(({ address }) => address)
    const whole = addresses.map((address) => ({ address, id: address.id, steps: address.steps ?? [] }))
    const missing = await this.#lookAt(whole)
    const parts = missing.flatMap((address) =>
      address.kind === 's' ? splitsOf(address.id).map((split) => ({ address, ...split })) : [],
    )
    if (parts.length > 0) await this.#lookAt(parts)
  }

  /** @returns the addresses for which the server has no node; of several ids for one address the first counts */
  async #lookAt(candidates: readonly Candidate[]): Promise<readonly OpcUaAddress[]> {
    const { session } = this.#options
    const asked = candidates.flatMap((candidate) => {
      const nodeId = this.#nodeOf(candidate)
      return nodeId ? [{ ...candidate, nodeId }] : []
    })
    const types = await session.read(
      asked.map(({ nodeId }) => nodeId),
      session.library.AttributeIds.DataType,
    )
    const there = asked.flatMap((candidate, n) => {
      const type = types[n]
      return type && isThere(type, candidate.steps) ? [{ ...candidate, type }] : []
    })
    for (const { address, id, steps } of there) {
      if (!this.#found.has(address)) this.#found.set(address, { id, steps, words: undefined })
    }
    await this.#readTypes(there)
    await this.#findWords(there)
    return asked.flatMap(({ address }, n) => (isUnknown(types[n]) ? [address] : []))
  }

  #nodeOf({ address, id }: Candidate): NodeId | undefined {
    const node = this.resolve({ ...address, id })
    return 'nodeId' in node ? node.nodeId : undefined
  }

  /** Reading a structure once makes its type known, which takes a while: before values of it come in messages. */
  async #readTypes(there: readonly { nodeId: NodeId; steps: readonly Step[] }[]): Promise<void> {
    const structures = there.filter(({ steps }) => steps.some((step) => 'field' in step))
    await this.#options.session.read(structures.map(({ nodeId }) => nodeId))
  }

  /** Words are a help: a server that does not let itself be browsed is read all the same. */
  async #findWords(there: readonly (Candidate & { nodeId: NodeId; type: DataValue })[]): Promise<void> {
    const { session, signals, log } = this.#options
    const wanting = new Set(signals.filter(hasUseOfWords).map(({ address }) => address))
    const typed = there.flatMap(({ address, nodeId, type }) => {
      const dataType: unknown = type.value?.value
      return wanting.has(address) && dataType instanceof session.library.NodeId
        ? [{ address, nodeId, dataType }]
        : []
    })
    if (typed.length === 0) return
    try {
      const words = await findEnumWords(session, typed)
      for (const { address, nodeId } of typed) {
        const found = this.#found.get(address)
        if (found) found.words = words.get(nodeId.toString())
      }
    } catch (error) {
      log.debug({ event: 'opcua-words-unread', error }, 'the words of enumerations could not be read')
    }
  }
}

/** A node id that an address may mean. */
interface Candidate {
  readonly address: OpcUaAddress
  readonly id: string
  readonly steps: readonly Step[]
}

/** A part is one of a variable's value; what is named as a whole may be anything that is no reason to look further. */
function isThere({ statusCode }: DataValue, steps: readonly Step[]): boolean {
  return steps.length > 0 ? statusCode.isGood() : !/^BadNodeId/.test(statusCode.name)
}

function isUnknown(type: DataValue | undefined): boolean {
  return type !== undefined && /^BadNodeId/.test(type.statusCode.name)
}

/** Counters and measured values have no words, and who names each number needs none. */
function hasUseOfWords({ role, names, mask, scale, offset, expect }: SignalSpec): boolean {
  if (role !== undefined && role !== 'fault_code') return false
  if ([mask, scale, offset, expect].some((key) => key !== undefined)) return false
  return !names || Object.keys(names).some((key) => !/^(?:-?\d+|\*)$/.test(key))
}

/** The letters of OPC UA part 6 by the kinds of the library: 1 number, 2 text, 3 GUID, 4 bytes. */
const KINDS = { 1: 'i', 2: 's', 3: 'g', 4: 'b' } as const

function namespacesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
