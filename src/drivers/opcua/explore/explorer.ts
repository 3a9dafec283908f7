/** A session for a person who looks around in a server: its tree and its present values. Nothing is subscribed or changed. */
import type { BrowseResult, DataValue, NodeId, ReferenceDescription, Variant } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import type { Quality, SignalValue } from '../../../domain/signal.ts'
import { within } from '../../shared/within.ts'
import { nodeText, type OpcUaAddress } from '../address.ts'
import { ServerNodes } from '../nodes.ts'
import type { OpcUaDevice, OpcUaSession } from '../session/session.ts'
import { linkLost, sessionFault } from '../session/session-faults.ts'
import type { OpcUaSessions } from '../session/sessions.ts'
import type { OpcUaSettings } from '../settings.ts'
import { decodeDataValue, type Meant } from '../values/decode.ts'
import { shownValue, typeText } from './shown-value.ts'

/** A node of the tree. */
export interface ExploredNode {
  readonly address: OpcUaAddress
  /** As a map takes it: `nsu=urn:acme:filler;s=State`. */
  readonly node: string
  readonly name: string
  /** `Object`, `Variable`, `Method`. */
  readonly kind: string
}

/** The present value of a node. */
export interface ExploredValue {
  readonly address: OpcUaAddress
  readonly node: string
  /** What a signal would show; null where it could not use the value. */
  readonly value: SignalValue
  /** Of any kind, a structure and a list too, bounded. */
  readonly shown: string
  /** `Int32`, `Boolean[3]`; undefined where nothing came. */
  readonly type: string | undefined
  readonly quality: Quality
  /** Why no signal can use it, and what to do. */
  readonly detail: string | undefined
  /** `Good`, `BadNodeIdUnknown`. */
  readonly status: string
  readonly sourceTimeMs: number | undefined
  readonly serverTimeMs: number | undefined
}

interface ExplorerOptions {
  /** As messages call the server. */
  readonly name: string
  readonly settings: OpcUaSettings
  readonly context: DriverContext
  readonly signal: AbortSignal
}

/** Objects, in which a server has what it is about. */
export const OBJECTS: OpcUaAddress = { namespace: 0, kind: 'i', id: '85' }
/** HierarchicalReferences, with all that are derived of it. */
const HIERARCHICAL = 'i=33'
const BROWSE_AT_ONCE = 25
const BROWSE_MAX_MS = 30_000

/** Disposing it closes the session. */
export class OpcUaExplorer implements AsyncDisposable {
  readonly #session: OpcUaSession
  readonly #nodes: ServerNodes
  readonly #device: OpcUaDevice
  readonly #options: ExplorerOptions

  private constructor(
    session: OpcUaSession,
    nodes: ServerNodes,
    device: OpcUaDevice,
    options: ExplorerOptions,
  ) {
    this.#session = session
    this.#nodes = nodes
    this.#device = device
    this.#options = options
  }

  /** @throws LinkLost where the server cannot be reached, is not trusted, or does not let us in */
  static async open(sessions: OpcUaSessions, options: ExplorerOptions): Promise<OpcUaExplorer> {
    const { name, settings, context, signal } = options
    const device: OpcUaDevice = {
      id: name,
      subject: `machine:${name}`,
      protocol: 'opcua',
      settings,
      signals: [],
      pollMs: 1_000,
    }
    const session = await sessions.enter(device, context, signal)
    try {
      return new OpcUaExplorer(
        session,
        await ServerNodes.find({ session, signals: [], log: context.log }),
        device,
        options,
      )
    } catch (error) {
      await session.close()
      throw sessionFault(device, error)
    }
  }

  /** The namespaces of the server, by their indexes. */
  get namespaces(): readonly string[] {
    return this.#nodes.namespaces
  }

  /**
   * What stands directly below each of these nodes, in their order. A node that the server does not have has nothing below.
   * @throws LinkLost
   */
  async below(parents: readonly OpcUaAddress[]): Promise<readonly (readonly ExploredNode[])[]> {
    const all: (readonly ExploredNode[])[] = []
    for (let done = 0; done < parents.length; done += BROWSE_AT_ONCE) {
      all.push(...(await this.#belowSome(parents.slice(done, done + BROWSE_AT_ONCE))))
    }
    return all
  }

  /**
   * The values of these nodes, in their order.
   * @throws LinkLost
   */
  async read(addresses: readonly OpcUaAddress[]): Promise<readonly ExploredValue[]> {
    return await this.#readBy(this.#nodes, addresses)
  }

  /**
   * The same for addresses as people write them: behind a node id may stand which part of its value is meant.
   * @throws LinkLost
   */
  async readWritten(addresses: readonly OpcUaAddress[]): Promise<readonly ExploredValue[]> {
    const signals = addresses.map((address, n) => ({ name: `${n}`, address }))
    const { log } = this.#options.context
    return await this.#readBy(
      await this.#answered(ServerNodes.find({ session: this.#session, signals, log })),
      addresses,
    )
  }

  async #readBy(nodes: ServerNodes, addresses: readonly OpcUaAddress[]): Promise<readonly ExploredValue[]> {
    const resolved = addresses.map((address) => ({ address, node: nodes.resolve(address) }))
    const known = resolved.flatMap(({ node }) => ('nodeId' in node ? [node.nodeId] : []))
    const values = await this.#answered(this.#session.read(known))
    const byNode = new Map(known.map((nodeId, n) => [nodeId, values[n]]))
    return resolved.map(({ address, node }) => {
      if ('fault' in node) return withoutValue(address, 'BadNodeIdUnknown', node.fault)
      return this.#explored(address, byNode.get(node.nodeId), nodes.meant(address))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close()
  }

  async #belowSome(parents: readonly OpcUaAddress[]): Promise<readonly (readonly ExploredNode[])[]> {
    const { library, session } = this.#session
    const nodes = parents.map((address) => this.#nodes.resolve(address))
    const known = nodes.flatMap((node) => ('nodeId' in node ? [node.nodeId] : []))
    const answers = await this.#answered(
      library.browseAll(
        session,
        known.map((nodeId) => this.#question(nodeId)),
      ),
    )
    const byNode = new Map(known.map((nodeId, n) => [nodeId, answers[n]]))
    return nodes.map((node) => ('nodeId' in node ? this.#children(byNode.get(node.nodeId)) : []))
  }

  #question(nodeId: NodeId) {
    const { library } = this.#session
    return {
      nodeId,
      referenceTypeId: HIERARCHICAL,
      includeSubtypes: true,
      browseDirection: library.BrowseDirection.Forward,
      resultMask: 63,
    }
  }

  #children(result: BrowseResult | undefined): readonly ExploredNode[] {
    const seen = new Map<string, ExploredNode>()
    for (const reference of result?.references ?? []) {
      const node = this.#node(reference)
      if (!seen.has(node.node)) seen.set(node.node, node)
    }
    return [...seen.values()]
  }

  #node({ nodeId, browseName, displayName, nodeClass }: ReferenceDescription): ExploredNode {
    const address = this.#nodes.addressOf(nodeId)
    return {
      address,
      node: nodeText(address),
      name: browseName.name ?? displayName.text ?? nodeText(address),
      kind: this.#session.library.NodeClass[nodeClass] ?? 'Unspecified',
    }
  }

  #explored(address: OpcUaAddress, value: DataValue | undefined, meant: Meant): ExploredValue {
    if (!value) return withoutValue(address, 'BadNoData', 'the server left it out of its answer')
    const { raw, quality, detail, word } = decodeDataValue(value, address, meant)
    const isThere = value.value?.value !== null && value.value?.value !== undefined
    return {
      address,
      node: nodeText(this.#nodes.byUri(address)),
      value: raw,
      shown: isThere ? shownText(value.value, raw, meant, word) : '',
      type: isThere ? typeText(value.value, this.#session.library) : undefined,
      quality,
      detail,
      status: value.statusCode.name,
      sourceTimeMs: value.sourceTimestamp?.getTime(),
      serverTimeMs: value.serverTimestamp?.getTime(),
    }
  }

  /** @throws LinkLost in place of what the library throws, or where it takes too long */
  async #answered<T>(work: Promise<T>): Promise<T> {
    const { context, signal } = this.#options
    const late = () => linkLost(this.#device, 'link-timeout', 'does not answer in time')
    try {
      return await within({ ms: BROWSE_MAX_MS, context, signal }, work, late)
    } catch (error) {
      throw sessionFault(this.#device, error)
    }
  }
}

function withoutValue(address: OpcUaAddress, status: string, detail: string): ExploredValue {
  return {
    address,
    node: nodeText(address),
    value: null,
    shown: '',
    type: undefined,
    quality: 'bad',
    detail,
    status,
    sourceTimeMs: undefined,
    serverTimeMs: undefined,
  }
}

/** A part of a value is shown as itself, and the number of an enumeration with the server's word for it. */
function shownText(value: Variant, raw: SignalValue, { steps }: Meant, word: string | undefined): string {
  const shown = steps.length > 0 && raw !== null ? String(raw) : shownValue(value)
  return word === undefined ? shown : `${shown} (${word})`
}
