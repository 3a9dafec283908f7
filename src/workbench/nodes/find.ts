/** Finds a displayed value among the variables of an OPC UA server. */
import type { ExploredValue, OpcUaExplorer } from '../../drivers/opcua/explore/explorer.ts'
import { type Displayed, matchOf, SCALES } from '../display.ts'
import { type TreeNode, yamlNode } from './walk.ts'

/** A variable that shows the value. */
export interface FoundNode {
  readonly node: TreeNode
  readonly scale: number
  readonly shown: string
  /** What it showed the second time; undefined before. */
  readonly later: string | undefined
  readonly doubt: number
}

/** The variables that show the value, the most plausible first. */
export function nodesShowing(nodes: readonly TreeNode[], displayed: Displayed): readonly FoundNode[] {
  return nodes
    .flatMap((node) => {
      const match = node.value && matchIn(node.value, displayed)
      return match ? [{ node, ...match, shown: node.value?.shown ?? '', later: undefined }] : []
    })
    .toSorted((a, b) => a.doubt - b.doubt)
}

/**
 * Reads what was found again; where it is known what the display shows then, only what agrees stays.
 * @throws LinkLost
 */
export async function confirmNodes(
  explorer: OpcUaExplorer,
  found: readonly FoundNode[],
  then: Displayed | undefined,
): Promise<readonly FoundNode[]> {
  const values = await explorer.read(found.map(({ node }) => node.address))
  return found
    .map((one, n) => ({ one, value: values[n] }))
    .filter(({ one, value }) => !then || (value && matchIn(value, then)?.scale === one.scale))
    .map(({ one, value }) => ({ ...one, later: value?.shown }))
}

function matchIn(
  { value, shown }: ExploredValue,
  displayed: Displayed,
): Pick<FoundNode, 'scale' | 'doubt'> | undefined {
  if (displayed.kind === 'text') {
    const isIn = shown.toLowerCase().includes(displayed.text.toLowerCase())
    return isIn ? { scale: 1, doubt: shown.length } : undefined
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  for (const [n, scale] of SCALES.entries()) {
    const match = matchOf(Number(value) * scale, displayed)
    if (match) return { scale, doubt: n + (match === 'exact' ? 0 : 0.5) }
  }
  return undefined
}

/** A line that can be put below `signals:` of a map. */
export function nodeLine({ node, scale }: FoundNode): string {
  return `${nodeName(node.name)}: {node: ${yamlNode(node.node)}${scale === 1 ? '' : `, scale: ${scale}`}}`
}

/** What a signal is called that shows the node. */
export function nodeName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  return plain === '' ? 'value' : plain
}
