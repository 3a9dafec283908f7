/** Makes a device map of a sheet: a new one, or signals laid into one that is there, whose comments and order stay. */
import { Document, isMap, parseDocument, type YAMLMap } from 'yaml'
import type { Sheet, SheetSignal, SheetValue } from './sheet.ts'

/** What a new map says of its device beside what the sheet does. */
interface NewMap {
  readonly machine: string
  /** Keys below `device:`, such as `host`. */
  readonly device: Readonly<Record<string, SheetValue>>
}

/** What became of the signals in a map that was there. */
export interface MergedMap {
  readonly text: string
  readonly added: readonly string[]
  /** Signals of this name were there with another address or form: they have what the sheet says now. */
  readonly changed: readonly string[]
  readonly same: readonly string[]
}

const RULES = `
# What the signals mean for the machine: the first rule that matches decides. Write your rules in place of these lines,
# as docs/configuration.md shows; until then the map is refused and nothing is derived from it.
#
# status:
#   - {when: {SIGNAL: VALUE}, is: down}
#   - {when: {SIGNAL: VALUE}, is: running}
#   - {else: true, is: idle}
`

/** A map without rules: which value means what only people know. */
export function newMapText(sheet: Sheet, { machine, device }: NewMap): string {
  const document = new Document({ machine })
  document.set('device', flow(document, { driver: sheet.driver, ...device, ...sheet.device, poll: '1s' }))
  const signals = document.createNode({}) as YAMLMap
  for (const signal of sheet.signals) setSignal(document, signals, signal)
  document.set('signals', signals)
  document.commentBefore = ` yaml-language-server: $schema=../config/device-map.schema.json\n\n Made from ${sheet.format}.`
  return `${textOf(document)}${RULES}`
}

/** Undefined where `text` is no map of a machine with signals that can be laid into. */
export function mergedMapText(text: string, { signals }: Sheet, device?: string): MergedMap | undefined {
  const document = parseDocument(text, { uniqueKeys: false })
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined
  if (!document.has('signals')) document.set('signals', document.createNode({}))
  const into = document.get('signals', true)
  if (!isMap(into)) return undefined
  const fates = signals.map((signal) => ({
    name: signal.name,
    fate: lay(document, into as YAMLMap, signal, device),
  }))
  const those = (wanted: Fate) => fates.filter(({ fate }) => fate === wanted).map(({ name }) => name)
  return { text: textOf(document), added: those('added'), changed: those('changed'), same: those('same') }
}

type Fate = 'added' | 'changed' | 'same'

/** Keys that the map has and the sheet does not, such as a role, stay. */
function lay(document: Document, into: YAMLMap, signal: SheetSignal, from: string | undefined): Fate {
  const present = into.get(signal.name, true)
  if (!isMap(present)) {
    setSignal(document, into, from === undefined ? signal : { ...signal, keys: { from, ...signal.keys } })
    return 'added'
  }
  const before = JSON.stringify(present)
  for (const [key, value] of Object.entries(signal.keys)) {
    if (!isAlike(present.get(key), value)) present.set(key, document.createNode(withoutQuotes(value)))
  }
  return JSON.stringify(present) === before ? 'same' : 'changed'
}

/** 40101 and "40101" are one address. */
function isAlike(present: unknown, value: SheetValue): boolean {
  const plain = isMap(present) ? present.toJSON() : present
  if (typeof value === 'object') return JSON.stringify(plain) === JSON.stringify(value)
  return plain !== undefined && String(plain) === String(value)
}

function setSignal(document: Document, into: YAMLMap, { name, keys, about }: SheetSignal): void {
  const node = flow(document, keys)
  if (about !== undefined) node.comment = ` ${about.replaceAll(/\s+/g, ' ')}`
  into.set(name, node)
}

function flow(document: Document, keys: Readonly<Record<string, SheetValue>>): YAMLMap {
  const plain = Object.entries(keys).map(([key, value]) => [key, withoutQuotes(value)])
  return document.createNode(Object.fromEntries(plain), { flow: true }) as YAMLMap
}

/** 40101 needs no quotes; 00001 and 40101.10 would lose digits without. */
function withoutQuotes(value: SheetValue): SheetValue {
  return typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : value
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
