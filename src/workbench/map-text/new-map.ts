/** The text of a new map, as a technician could have written it. */
import { Document, type Pair, Scalar, YAMLMap, type YAMLSeq } from 'yaml'
import { type DraftRule, type DraftSignal, type MapDraft, ruleKeys, splitDevice } from './map-draft.ts'
import { lineNode, oneLine, textOf, valueNode } from './yaml-parts.ts'

const SCHEMA = ' yaml-language-server: $schema=../config/device-map.schema.json'
const POLL = '1s'

export function newMapText(draft: MapDraft): string {
  const document = new Document({ machine: draft.machine })
  const about = draft.about === undefined ? [] : ['', ` ${oneLine(draft.about)}`]
  document.commentBefore = [SCHEMA, ...about].join('\n').replace('\n\n', '\n \n')
  if (draft.isShadow) {
    document.set('shadow', document.createNode(true))
    comment(document, 'shadow', ' derived and shown, and nothing is sent: take this line away to go live')
  }
  const { head, device } = splitDevice(draft.device)
  for (const [key, value] of Object.entries(head)) document.set(key, valueNode(document, key, value))
  document.set(
    'device',
    lineNode(document, { poll: POLL, ...device, ...('poll' in device ? {} : { poll: POLL }) }),
  )
  moveLast(document.get('device') as YAMLMap, 'poll')
  if (draft.signals.length > 0) spaced(document, 'signals', signalsNode(document, draft.signals))
  for (const [key, value] of Object.entries(draft.others))
    spaced(document, key, valueNode(document, key, value))
  if (draft.status.length > 0) spaced(document, 'status', rulesNode(document, draft.status))
  if (draft.reasons) spaced(document, 'reasons', reasonsNode(document, draft.reasons))
  return textOf(document, true)
}

function moveLast(map: YAMLMap, key: string): void {
  const at = map.items.findIndex((pair) => keyOf(pair) === key)
  map.items.push(...map.items.splice(at, 1))
}

function spaced(document: Document, key: string, value: unknown): void {
  document.set(key, value)
  const name = pairOf(document, key)?.key
  if (name instanceof Scalar) name.spaceBefore = true
}

function comment(document: Document, key: string, text: string): void {
  const value = pairOf(document, key)?.value
  if (value instanceof Scalar) value.comment = text
}

function pairOf({ contents }: Document, key: string): Pair | undefined {
  if (!(contents instanceof YAMLMap)) return undefined
  const pair = contents.items.find((one) => keyOf(one) === key)
  // A key that was set as a text is made a node, so that a line may be left free before it.
  if (pair && !(pair.key instanceof Scalar)) pair.key = new Scalar(key)
  return pair
}

function keyOf({ key }: Pair): unknown {
  return key instanceof Scalar ? key.value : key
}

function signalsNode(document: Document, signals: readonly DraftSignal[]): YAMLMap {
  const node = document.createNode({}) as YAMLMap
  for (const { name, keys, about } of signals) node.set(name, lineNode(document, keys, about))
  return node
}

export function rulesNode(document: Document, rules: readonly DraftRule[]): YAMLSeq {
  const node = document.createNode([]) as YAMLSeq
  for (const rule of rules) node.add(lineNode(document, ruleKeys(rule), rule.about))
  return node
}

/** One code a line. */
export function reasonsNode(document: Document, reasons: NonNullable<MapDraft['reasons']>): YAMLMap {
  const node = document.createNode({}) as YAMLMap
  for (const [signal, table] of Object.entries(reasons)) {
    const lines = document.createNode({}) as YAMLMap
    for (const [code, line] of Object.entries(table))
      lines.set(/^\d{1,9}$/.test(code) ? Number(code) : code, lineNode(document, line))
    node.set(signal, lines)
  }
  return node
}
