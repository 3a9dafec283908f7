/**
 * The server's own words for the numbers of its enumerations: beside the node (EnumStrings, EnumValues), beside its type, or in
 * the type's definition (OPC UA part 3, 8.40; part 8, 5.3.3). A server without them is as good: the numbers stand for themselves.
 */
import type { NodeId } from 'node-opcua-client'
import type { OpcUaSession } from '../session/session.ts'
import type { EnumWords } from './pick.ts'

/** HasProperty, of OPC UA part 6, annex A. */
const HAS_PROPERTY = 'i=46'
/** Whole numbers of 8 to 64 bits, and Enumeration itself, by the numbers of their types. */
const WHOLE_NUMBERS: readonly unknown[] = [2, 3, 4, 5, 6, 7, 8, 9, 29]
/** An enumeration with more words is no list of states. */
const WORDS_MAX = 1_000

/** A variable, and the id of its data type as the server gives it. */
interface TypedNode {
  readonly nodeId: NodeId
  readonly dataType: NodeId
}

/**
 * The words of those nodes that have some, by the node's text.
 * @throws Error from the library, when the server does not let itself be browsed
 */
export async function findEnumWords(
  session: OpcUaSession,
  typed: readonly TypedNode[],
): Promise<ReadonlyMap<string, EnumWords>> {
  const nodes = typed.filter(
    ({ dataType }) => dataType.namespace > 0 || WHOLE_NUMBERS.includes(dataType.value),
  )
  const types = nodes.map(({ dataType }) => dataType).filter(({ namespace }) => namespace > 0)
  const owners = new Map(
    [...nodes.map(({ nodeId }) => nodeId), ...types].map((nodeId) => [nodeId.toString(), nodeId]),
  )
  const found = await wordsBeside(session, [...owners.values()])
  const undescribed = types.filter((type) => !found.has(type.toString()))
  const defined = await definedWords(session, undescribed)
  return new Map(
    nodes.flatMap(({ nodeId, dataType }) => {
      const type = dataType.toString()
      const words = found.get(nodeId.toString()) ?? found.get(type) ?? defined.get(type)
      return words ? [[nodeId.toString(), words] as const] : []
    }),
  )
}

/** By the text of the node that has them. */
async function wordsBeside(session: OpcUaSession, owners: readonly NodeId[]) {
  const answers = await session.browse(owners, HAS_PROPERTY)
  const properties = owners.flatMap((owner, n) =>
    (answers[n]?.references ?? [])
      .filter(({ browseName }) => /^Enum(?:Strings|Values)$/.test(browseName?.name ?? ''))
      .map(({ nodeId }) => ({ owner, nodeId })),
  )
  const values = await session.read(properties.map(({ nodeId }) => nodeId))
  return wordsByNode(properties.map(({ owner }, n) => [owner, values[n]?.value?.value]))
}

async function definedWords(session: OpcUaSession, types: readonly NodeId[]) {
  const { DataTypeDefinition } = session.library.AttributeIds
  const definitions = await session.read(types, DataTypeDefinition)
  return wordsByNode(
    types.map((type, n) => {
      const definition = definitions[n]?.value?.value as { readonly fields?: unknown } | null | undefined
      return [type, definition?.fields]
    }),
  )
}

function wordsByNode(lists: readonly (readonly [NodeId, unknown])[]): ReadonlyMap<string, EnumWords> {
  return new Map(
    lists.flatMap(([nodeId, list]) => {
      const words = Array.isArray(list) ? wordsOf(list) : undefined
      return words && words.size > 0 ? [[nodeId.toString(), words] as const] : []
    }),
  )
}

/** A word with its number, or alone: then its place in the list is its number. */
interface EnumEntry {
  /** 64 bits, as the library gives them: the high half, the low half. */
  readonly value?: readonly [number, number]
  readonly name?: string | null
  readonly displayName?: { readonly text?: string | null } | null
  readonly text?: string | null
  /** Of a structure's field, which is no word of an enumeration. */
  readonly dataType?: unknown
}

function wordsOf(list: readonly (EnumEntry | null)[]): ReadonlyMap<number, string> {
  return new Map(
    list.slice(0, WORDS_MAX).flatMap((entry, place) => {
      if (!entry || entry.dataType !== undefined) return []
      const word = entry.name ?? entry.displayName?.text ?? entry.text
      const number = entry.value
        ? Number((BigInt(entry.value[0] | 0) << 32n) | BigInt(entry.value[1] >>> 0))
        : place
      return word ? [[number, word] as const] : []
    }),
  )
}
