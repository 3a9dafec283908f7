/** Lays what somebody put together into a map that is there: its comments, its order, and what was not named stay. */
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import { type DraftRule, type MapDraft, type MapKeys, ruleKeys, splitDevice } from './map-draft.ts'
import { reasonsNode, rulesNode } from './new-map.ts'
import { lineNode, textOf, valueNode } from './yaml-parts.ts'

/** Undefined where `text` is no map of keys that can be read. */
export function editedMapText(text: string, draft: MapDraft): string | undefined {
  const document = parseDocument(text, { uniqueKeys: false })
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined
  const root = document.contents as YAMLMap
  setWhereOther(document, root, 'machine', draft.machine)
  layShadow(document, root, draft.isShadow)
  layDevice(document, root, draft.device)
  laySignals(document, root, draft)
  for (const [key, value] of Object.entries(draft.others)) setWhereOther(document, root, key, value)
  if (draft.status.length > 0) root.set('status', laidRules(document, root.get('status', true), draft.status))
  if (draft.reasons) root.set('reasons', reasonsNode(document, draft.reasons))
  return textOf(document, /\{ \S/.test(text) || !/\{\S/.test(text))
}

/** It stands behind the machine's name, where nobody overlooks it. */
function layShadow(document: Document, root: YAMLMap, isShadow: boolean): void {
  if (!isShadow) root.delete('shadow')
  else if (root.get('shadow') !== true) {
    root.delete('shadow')
    root.items.splice(1, 0, document.createPair('shadow', true) as (typeof root.items)[number])
  }
}

/** A map of several devices keeps them: which one is meant, its signals say with `from`. */
function layDevice(document: Document, root: YAMLMap, keys: MapKeys): void {
  if (root.has('devices')) return
  const { head, device } = splitDevice(keys)
  for (const [key, value] of Object.entries(head)) setWhereOther(document, root, key, value)
  const present = root.get('device', true)
  if (!isMap(present)) {
    if (Object.keys(device).length > 0) root.set('device', lineNode(document, device))
    return
  }
  for (const [key, value] of Object.entries(device)) setWhereOther(document, present as YAMLMap, key, value)
}

function laySignals(document: Document, root: YAMLMap, { signals }: MapDraft): void {
  if (signals.length === 0) return
  if (!isMap(root.get('signals', true))) root.set('signals', document.createNode({}))
  const into = root.get('signals', true) as unknown as YAMLMap
  for (const { name, keys, about } of signals) {
    const present = into.get(name, true)
    if (!isMap(present)) into.set(name, lineNode(document, keys, about))
    else
      for (const [key, value] of Object.entries(keys)) setWhereOther(document, present as YAMLMap, key, value)
  }
}

/** A rule that stays keeps its node, and with it the comments. */
function laidRules(document: Document, present: unknown, rules: readonly DraftRule[]): YAMLSeq {
  const laid = rulesNode(document, rules)
  if (!isSeq(present)) return laid
  const known = new Map((present as YAMLSeq).items.map((item) => [JSON.stringify(item), item]))
  const items = rules.map((rule, n) => known.get(JSON.stringify(ruleKeys(rule))) ?? laid.items[n])
  const node = present as YAMLSeq
  node.items = items
  return node
}

function setWhereOther(document: Document, map: YAMLMap, key: string, value: unknown): void {
  if (map.has(key) && isAlike(map.get(key), value)) return
  map.set(key, valueNode(document, key, value))
}

/** 40101 and "40101" are one address. */
function isAlike(present: unknown, value: unknown): boolean {
  const plain = isMap(present) || isSeq(present) ? present.toJSON() : present
  if (typeof value === 'object' && value !== null) return JSON.stringify(plain) === JSON.stringify(value)
  return plain !== undefined && plain !== null && String(plain) === String(value)
}
