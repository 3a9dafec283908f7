/** Parts of a map as its text has them: one line each, numbers as a technician writes them, comments behind. */
import { type Document, isMap, Scalar, type YAMLMap } from 'yaml'

/** A part on one line. */
export function lineNode(
  document: Document,
  keys: Readonly<Record<string, unknown>>,
  about?: string,
): YAMLMap {
  const node = document.createNode(keys, { flow: true, aliasDuplicateObjects: false }) as YAMLMap
  for (const { key, value } of node.items) {
    if (value instanceof Scalar) write(String(scalarOf(key)), value)
    if (isMap(value)) withNumbersAsKeys(value as YAMLMap)
  }
  if (about !== undefined && about !== '') node.comment = ` ${oneLine(about)}`
  return node
}

/** A value by itself, written as {@link lineNode} writes it. */
export function valueNode(document: Document, key: string, value: unknown): unknown {
  const node = document.createNode(value, { flow: true, aliasDuplicateObjects: false })
  if (node instanceof Scalar) write(key, node)
  return node
}

/** The values of `names` are numbers to a technician. */
function withNumbersAsKeys({ items }: YAMLMap): void {
  for (const { key } of items)
    if (key instanceof Scalar && /^(0|[1-9]\d{0,8})$/.test(String(key.value))) key.value = Number(key.value)
}

function scalarOf(node: unknown): unknown {
  return node instanceof Scalar ? node.value : node
}

/** 40101 needs no quotes; 00001 and 40101.10 would lose digits without, and 40103:12 looks like a time to some readers. */
function write(key: string, scalar: Scalar): void {
  const { value } = scalar
  if (typeof value === 'number' && key === 'mask') scalar.format = 'HEX'
  if (typeof value !== 'string') return
  if (key === 'at' && /^[1-9]\d{0,8}$/.test(value)) scalar.value = Number(value)
  else if (/^\d+:/.test(value)) scalar.type = Scalar.QUOTE_DOUBLE
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Masks in capital letters, as manuals print them. */
export function textOf(document: Document, hasPadding: boolean): string {
  return document
    .toString({ lineWidth: 0, flowCollectionPadding: hasPadding })
    .replaceAll(/(?<=\bmask: )0x[0-9a-f]+/g, (hex) => `0x${hex.slice(2).toUpperCase()}`)
}
