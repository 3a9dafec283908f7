/**
 * The alarms that were active before the gateway connected. OPC UA has a method that sends them all again; this gateway calls
 * no methods, so it reads the nodes of the conditions, where the server has them in its tree. Many do not.
 */
import type { NodeId } from 'node-opcua-client'
import type { AlarmFormat } from '../../../../domain/signal.ts'
import type { OpcUaSession } from '../../session/session.ts'
import type { ConditionState } from './active-alarms.ts'
import { conditionFields, conditionState } from './condition-fields.ts'

/** HasEventSource with HasNotifier, which extends it, and HasCondition, of OPC UA part 6, annex A. */
const HAS_EVENT_SOURCE = 'i=36'
const HAS_CONDITION = 'i=9006'
/** Areas lie within areas, but not deeper. */
const DEPTH_MAX = 5
const SOURCES_MAX = 2_000
const CONDITIONS_MAX = 2_000

/**
 * The state of each condition below a node; undefined where the server shows none.
 * @throws Error from the library, when the server refuses or does not answer
 */
export async function readConditions(
  session: OpcUaSession,
  notifier: NodeId,
  format: AlarmFormat,
  namespaces: number,
): Promise<readonly ConditionState[] | undefined> {
  const sources = await sourcesBelow(session, notifier)
  const conditions = (await referredTo(session, sources, HAS_CONDITION)).slice(0, CONDITIONS_MAX)
  if (conditions.length === 0) return undefined
  const fields = conditionFields(format, namespaces)
  const states: (ConditionState & { readonly sinceMs: number })[] = []
  for (const condition of conditions) {
    const nodes = await fieldNodes(session, condition, fields)
    const answers = await session.read(nodes.filter((node) => node !== undefined))
    const byNode = new Map(nodes.filter((node) => node !== undefined).map((node, n) => [node, answers[n]]))
    const values = nodes.map((node) => node && byNode.get(node)?.value)
    const state = conditionState(condition.toString(), values, format)
    const changed = values.map((value) => value?.value as unknown).find((value) => value instanceof Date)
    if (state) states.push({ ...state, sinceMs: changed instanceof Date ? changed.getTime() : 0 })
  }
  return states.toSorted((one, other) => one.sinceMs - other.sinceMs)
}

async function sourcesBelow(session: OpcUaSession, notifier: NodeId): Promise<readonly NodeId[]> {
  const all = new Map([[notifier.toString(), notifier]])
  let level: readonly NodeId[] = [notifier]
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0 && all.size < SOURCES_MAX; depth += 1) {
    const below = await referredTo(session, level, HAS_EVENT_SOURCE)
    level = below.filter((node) => !all.has(node.toString()))
    for (const node of level) all.set(node.toString(), node)
  }
  return [...all.values()].slice(0, SOURCES_MAX)
}

async function referredTo(
  session: OpcUaSession,
  nodes: readonly NodeId[],
  referenceTypeId: string,
): Promise<readonly NodeId[]> {
  const answers = await session.browse(nodes, referenceTypeId)
  const found = answers.flatMap(({ references }) => (references ?? []).map(({ nodeId }) => nodeId))
  return [...new Map(found.map((node) => [node.toString(), node])).values()]
}

/** The node of each field below a condition; undefined where it has none. */
async function fieldNodes(
  session: OpcUaSession,
  condition: NodeId,
  fields: ReturnType<typeof conditionFields>,
): Promise<readonly (NodeId | undefined)[]> {
  const { makeBrowsePath } = session.library
  const paths = fields.map(({ path }) => makeBrowsePath(condition, `/${path.join('/')}`))
  const ask = (part: readonly (typeof paths)[number][]) => session.session.translateBrowsePath([...part])
  const answers = await session.inRequests(session.sizes.browse, paths, { ask })
  return answers.map(({ targets }) => targets?.[0]?.targetId)
}
