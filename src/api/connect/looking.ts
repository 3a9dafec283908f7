/** Looks around in an OPC UA server, level by level, and listens to a broker. */
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import { isMqttDriver } from '../../drivers/mqtt/driver.ts'
import type { MqttSettings } from '../../drivers/mqtt/settings.ts'
import { parseOpcUaAddress } from '../../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import { OBJECTS } from '../../drivers/opcua/explore/explorer.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { nodeName } from '../../workbench/nodes/find.ts'
import { matching, type TreeNode, walk } from '../../workbench/nodes/walk.ts'
import { HeardTopics } from '../../workbench/topics/heard-topics.ts'
import { askedDevice, bounded, orRefusal } from './asked.ts'
import type { browseAsk, topicsAsk } from './looking-shapes.ts'
import { type ConnectParts, driverContext } from './parts.ts'
import type { NodeList, TopicList } from './shapes.ts'

const LEVEL = { depth: 1, nodesMax: 1_000 } as const
const SEARCH = { depth: 10, nodesMax: 5_000 } as const
const FOUND_MAX = 300

export async function browse(
  { device, node, search }: z.output<typeof browseAsk>,
  parts: ConnectParts,
  caller: AbortSignal,
): Promise<NodeList> {
  const signal = bounded(caller)
  return await orRefusal(async () => {
    const { driver, name, settings } = askedDevice(device, parts)
    if (!isOpcUaDriver(driver))
      throw new ApiRefusal(422, 'connect-browse', 'only an OPC UA server has a tree')
    const from = node === undefined ? OBJECTS : parseOpcUaAddress(node)
    await using explorer = await driver.explore(name, settings as OpcUaSettings, driverContext(parts), signal)
    const { nodes, isCut } = await walk(explorer, from, search === undefined ? LEVEL : SEARCH)
    const found = search === undefined ? nodes : matching(nodes, search)
    return { nodes: found.slice(0, FOUND_MAX).map(nodeOnWire), is_cut: isCut || found.length > FOUND_MAX }
  })
}

const KINDS = ['Object', 'Variable', 'Method'] as const

function nodeOnWire({ node, name, path, kind, value }: TreeNode): NodeList['nodes'][number] {
  const isUsable = value !== undefined && value.quality === 'good' && value.value !== null
  return {
    node,
    name,
    path: [...path],
    kind: KINDS.find((one) => one === kind) ?? 'other',
    shown: value?.shown ?? null,
    type: value?.type ?? null,
    quality: value?.quality ?? null,
    detail: value?.detail ?? null,
    signal: isUsable ? { name: nodeName(name), keys: { node } } : null,
  }
}

/** Listens for some seconds. */
export async function hearTopics(
  { device, filter, for_s: seconds, search }: z.output<typeof topicsAsk>,
  parts: ConnectParts,
  caller: AbortSignal,
): Promise<TopicList> {
  const signal = bounded(caller, (seconds + 30) * 1_000)
  return await orRefusal(async () => {
    const { driver, settings } = askedDevice(device, parts)
    if (!isMqttDriver(driver)) throw new ApiRefusal(422, 'connect-topics', 'only a broker has topics')
    const heard = new HeardTopics()
    {
      const to = { filter, context: driverContext(parts), signal }
      await using _lease = await driver.listen(settings as MqttSettings, to, (topic, payload, { retain }) =>
        heard.take(topic, payload, retain),
      )
      await parts.clock.sleep(seconds * 1_000, signal)
    }
    const topics = heard.list(search)
    return {
      topics: topics.slice(0, FOUND_MAX).map(topicOnWire),
      is_cut: heard.isCut || topics.length > FOUND_MAX,
    }
  })
}

function topicOnWire({
  topic,
  messages,
  isRetained,
  values,
}: ReturnType<HeardTopics['list']>[number]): TopicList['topics'][number] {
  return {
    topic,
    messages,
    is_retained: isRetained,
    values: values.map(({ path, shown }) => ({
      shown,
      signal: {
        name: nodeName(
          path
            ?.split(/[.[\]]/)
            .filter(Boolean)
            .at(-1) ??
            topic.split('/').at(-1) ??
            topic,
        ),
        keys: { topic, ...(path !== undefined && { path }) },
      },
    })),
  }
}
