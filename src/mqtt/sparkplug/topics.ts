/** The topics of Sparkplug B: `spBv1.0/GROUP/KIND/NODE/DEVICE`, and those on which hosts say whether they are there. */

const NAMESPACE = 'spBv1.0'
/** Of an edge node, or of a device behind one; birth, data, death, command. */
const NODE_KINDS = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD'] as const
const DEVICE_KINDS = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD'] as const
type NodeKind = (typeof NODE_KINDS)[number]
type DeviceKind = (typeof DEVICE_KINDS)[number]

/** A message of an edge node itself. */
interface NodeTopic {
  readonly kind: NodeKind
  readonly group: string
  readonly node: string
}

/** A message of a device behind an edge node. */
interface DeviceTopic {
  readonly kind: DeviceKind
  readonly group: string
  readonly node: string
  readonly device: string
}

/** A host says whether it is there; `version` says in which of the two ways, since the topic and the payload differ. */
interface StateTopic {
  readonly kind: 'STATE'
  readonly host: string
  readonly version: '3.0' | '2.2'
}

/** A message of an edge node, or of a device behind one, or for one of them. */
export type EdgeTopic = NodeTopic | DeviceTopic
export type SparkplugTopic = EdgeTopic | StateTopic

/** Undefined for a topic that is none of Sparkplug B. */
export function parseTopic(topic: string): SparkplugTopic | undefined {
  const parts = topic.split('/')
  if (parts.some((part) => part === '')) return undefined
  const [first, second = '', third = '', fourth, fifth] = parts
  if (first === 'STATE')
    return parts.length === 2 ? { kind: 'STATE', host: second, version: '2.2' } : undefined
  if (first !== NAMESPACE) return undefined
  if (second === 'STATE' && parts.length === 3) return { kind: 'STATE', host: third, version: '3.0' }
  const [nodeKind, deviceKind] = [
    NODE_KINDS.find((kind) => kind === third),
    DEVICE_KINDS.find((kind) => kind === third),
  ]
  if (nodeKind && fourth !== undefined && parts.length === 4) {
    return { kind: nodeKind, group: second, node: fourth }
  }
  if (deviceKind && fourth !== undefined && fifth !== undefined && parts.length === 5) {
    return { kind: deviceKind, group: second, node: fourth, device: fifth }
  }
  return undefined
}

/**
 * @throws RangeError where a part is none that a topic can have: a mistake of the caller, who checks what people wrote by
 * {@link isTopicPart}
 */
export function topicOf(topic: SparkplugTopic): string {
  if (topic.kind === 'STATE') {
    const host = checkedPart(topic.host)
    return topic.version === '3.0' ? `${NAMESPACE}/STATE/${host}` : `STATE/${host}`
  }
  const node = `${NAMESPACE}/${checkedPart(topic.group)}/${topic.kind}/${checkedPart(topic.node)}`
  return isDeviceTopic(topic) ? `${node}/${checkedPart(topic.device)}` : node
}

export function isDeviceTopic(topic: EdgeTopic): topic is DeviceTopic {
  return 'device' in topic
}

/** Whether a group, node, device or host may have this name: it becomes one level of a topic. */
export function isTopicPart(text: string): boolean {
  return text !== '' && !/[/+#\0]/.test(text)
}

function checkedPart(text: string): string {
  if (!isTopicPart(text)) throw new RangeError(`"${text}" cannot be a level of a topic`)
  return text
}
