/** Walks through the tree of an OPC UA server, level by level and within limits. */
import type { OpcUaAddress } from '../../drivers/opcua/address.ts'
import type { ExploredNode, ExploredValue, OpcUaExplorer } from '../../drivers/opcua/explore/explorer.ts'

/** A node with its place in the tree. */
export interface TreeNode extends ExploredNode {
  /** 1 for what stands directly below the beginning. */
  readonly depth: number
  /** The names from the beginning down to it. */
  readonly path: readonly string[]
  /** Of a variable: what it shows. */
  readonly value: ExploredValue | undefined
}

interface WalkLimits {
  readonly depth: number
  /** Larger servers are looked at in parts. */
  readonly nodesMax: number
}

/** What a walk found. */
interface Walk {
  /** Each node behind its parent, in the server's order. */
  readonly nodes: readonly TreeNode[]
  /** Whether there is more than was looked at. */
  readonly isCut: boolean
}

/** Server: what a server says of itself, which no machine is about. */
const SERVER_NODE = 'i=2253'

/**
 * All nodes below one, with the values of the variables.
 * @throws LinkLost
 */
export async function walk(explorer: OpcUaExplorer, from: OpcUaAddress, limits: WalkLimits): Promise<Walk> {
  const children = new Map<string, readonly TreeNode[]>()
  const seen = new Set<string>()
  let level: readonly {
    readonly key: string
    readonly address: OpcUaAddress
    readonly path: readonly string[]
  }[] = [{ key: '', address: from, path: [] }]
  let isCut = false
  for (let depth = 1; depth <= limits.depth && level.length > 0; depth++) {
    const below = await explorer.below(level.map(({ address }) => address))
    const next: TreeNode[] = []
    for (const [n, parent] of level.entries()) {
      const found = (below[n] ?? []).filter(({ node }) => node !== SERVER_NODE && !seen.has(node))
      const room = Math.max(0, limits.nodesMax - seen.size)
      isCut ||= found.length > room
      const kept = found.slice(0, room)
      for (const { node } of kept) seen.add(node)
      const nodes = kept.map((node) => ({
        ...node,
        depth,
        path: [...parent.path, node.name],
        value: undefined,
      }))
      children.set(parent.key, nodes)
      next.push(...nodes)
    }
    level = next.map((node) => ({ key: node.node, address: node.address, path: node.path }))
  }
  return { nodes: await withValues(explorer, inOrder(children, '')), isCut }
}

function inOrder(children: ReadonlyMap<string, readonly TreeNode[]>, key: string): readonly TreeNode[] {
  return (children.get(key) ?? []).flatMap((node) => [node, ...inOrder(children, node.node)])
}

async function withValues(explorer: OpcUaExplorer, nodes: readonly TreeNode[]): Promise<readonly TreeNode[]> {
  const variables = nodes.filter(({ kind }) => kind === 'Variable')
  const values = await explorer.read(variables.map(({ address }) => address))
  const byNode = new Map(variables.map(({ node }, n) => [node, values[n]]))
  return nodes.map((node) => ({ ...node, value: byNode.get(node.node) }))
}

/** Nodes whose name, id or value has the text in it, whatever its capital letters, and the way to each. */
export function matching(nodes: readonly TreeNode[], text: string): readonly TreeNode[] {
  const wanted = text.toLowerCase()
  return nodes.filter(({ name, node, value }) =>
    [name, node, value?.shown ?? ''].some((part) => part.toLowerCase().includes(wanted)),
  )
}

/** A node id as YAML takes it: ids of Siemens have quotes in them, and `#` or `: ` would end a text without quotes. */
export function yamlNode(node: string): string {
  return /^[\w.:;=/-]+$/.test(node) && !/: |^[-?:]/.test(node) ? node : `'${node.replaceAll("'", "''")}'`
}
