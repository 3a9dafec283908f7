/**
 * Why a node cannot be read, as far as looking around in the server can tell: the same name in another namespace, with quotes, or
 * with other capital letters.
 */
import type { OpcUaAddress } from '../../drivers/opcua/address.ts'
import { type ExploredValue, OBJECTS, type OpcUaExplorer } from '../../drivers/opcua/explore/explorer.ts'
import { walk, yamlNode } from './walk.ts'

/** Names are compared with so much of the tree. */
const SEARCH = { depth: 8, nodesMax: 2_000 } as const
const SHOWN_MAX = 5

/**
 * A line for each cause that may be it.
 * @throws LinkLost
 */
export async function explainNode(explorer: OpcUaExplorer, value: ExploredValue): Promise<readonly string[]> {
  const { address, status } = value
  if (/^BadAttributeIdInvalid/.test(status)) return await variablesBelow(explorer, address)
  if (!/^BadNodeId|^BadNoData|^BadObjectDeleted/.test(status)) return []
  const guesses = guessesFor(address, explorer.namespaces)
  const values = await explorer.read(guesses.map(({ address }) => address))
  const found = guesses.flatMap(({ mistake }, n) => {
    const { status = 'BadNodeIdUnknown', node = '' } = values[n] ?? {}
    return /^BadNodeId/.test(status) ? [] : [guessText(node, mistake)]
  })
  if (found.length > 0) return found.slice(0, SHOWN_MAX)
  return await alike(explorer, address)
}

interface Guess {
  readonly address: OpcUaAddress
  readonly mistake: string
}

function guessesFor(address: OpcUaAddress, namespaces: readonly string[]): readonly Guess[] {
  // OPC UA's own namespace has a node for each small number.
  const others = namespaces.slice(1)
  const elsewhere = others
    .filter(
      (namespace) => namespace !== address.namespace && namespaces[Number(address.namespace)] !== namespace,
    )
    .map((namespace) => ({
      address: { ...address, namespace },
      mistake:
        'the namespace is another one: its index may have moved with a download, so write nsu= and not ns=',
    }))
  return [...spellings(address), ...elsewhere, ...elsewhere.flatMap(({ address: one }) => spellings(one))]
}

/** Siemens puts each part of a name in quotes, and they belong to the id. */
function spellings(address: OpcUaAddress): readonly Guess[] {
  const { kind, id } = address
  if (kind === 'i')
    return [{ address: { ...address, kind: 's' }, mistake: 'the id is a text: s= and not i=' }]
  if (kind !== 's') return []
  const quoted = id
    .split('.')
    .map((part) => part.replace(/^"?([^"[]*)"?(\[.*)?$/, (_all, name, index = '') => `"${name}"${index}`))
    .join('.')
  const plain = id.replaceAll('"', '')
  return [
    ...(quoted === id
      ? []
      : [{ address: { ...address, id: quoted }, mistake: 'the quotes are missing: they belong to the id' }]),
    ...(plain === id
      ? []
      : [{ address: { ...address, id: plain }, mistake: 'the quotes do not belong to the id' }]),
    ...(/^\d+$/.test(id)
      ? [{ address: { ...address, kind: 'i' as const }, mistake: 'the id is a number: i= and not s=' }]
      : []),
  ]
}

function guessText(node: string, mistake: string): string {
  return `${mistake}; the server has ${yamlNode(node)}`
}

/** Nodes of the same name, whatever their capital letters, blanks and underscores. */
async function alike(explorer: OpcUaExplorer, { id }: OpcUaAddress): Promise<readonly string[]> {
  const { nodes } = await walk(explorer, OBJECTS, SEARCH)
  const last = plainName(id.split(/[./]/).at(-1) ?? id)
  const found = nodes.filter(
    (node) => plainName(node.address.id) === plainName(id) || plainName(node.name) === last,
  )
  return found
    .slice(0, SHOWN_MAX)
    .map(({ node }) =>
      guessText(node, 'another spelling: capital and small letters count, and the whole path'),
    )
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_"-]/g, '')
}

async function variablesBelow(explorer: OpcUaExplorer, address: OpcUaAddress): Promise<readonly string[]> {
  const { nodes } = await walk(explorer, address, { depth: 3, nodesMax: 200 })
  return nodes
    .filter(({ kind }) => kind === 'Variable')
    .slice(0, SHOWN_MAX)
    .map(({ node, value }) => `below it there is ${yamlNode(node)}, which shows ${value?.shown ?? 'nothing'}`)
}
