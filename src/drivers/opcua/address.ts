/**
 * Node ids as OPC UA writes them: `nsu=urn:acme:filler;s=Filler.Status`, `ns=3;s="DB_Press"."State"`, `i=2258`.
 * `nsu=` names the namespace by its URI and is preferred: a namespace's index may change with the next PLC download.
 * Behind the id may stand which part of its value is meant: `ns=3;i=6012[0].ID`.
 */
import { AddressFault } from '../../domain/driver.ts'
import type { AlarmFormat, SignalFormat } from '../../domain/signal.ts'
import type { OpcUaSettings } from './settings.ts'
import { readSteps, type Step, stepsText } from './values/part.ts'

/** A node id, before the server has given its namespace an index. */
export interface OpcUaAddress {
  /** URI, or the index where the map writes `ns=`. */
  readonly namespace: string | number
  /** `i` number, `s` text, `g` GUID, `b` bytes in base64. */
  readonly kind: 'i' | 's' | 'g' | 'b'
  readonly id: string
  /** Which part of the node's value is meant. Of a text id only the server can say where it ends. */
  readonly steps?: readonly Step[]
  /** The node sends alarms, and these are followed in place of its value. */
  readonly alarms?: AlarmFormat
}

const HINT = 'write it as nsu=URI;s=NAME or ns=3;s=NAME; the PLC project or any OPC UA browser shows it'
const PART_HINT =
  'an element of a list is written as [3], counted from 0, a field of a structure as .NAME: ns=3;i=6012[3].ID'
const UINT32_MAX = 0xffff_ffff
const NAMESPACE_MAX = 0xffff

const SHAPES: Readonly<Record<OpcUaAddress['kind'], { readonly shape: RegExp; readonly what: string }>> = {
  i: { shape: /^\d{1,10}$/, what: 'i= takes a whole number' },
  s: { shape: /^[\s\S]{1,4096}$/, what: 's= takes a text of at most 4096 characters' },
  g: { shape: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i, what: 'g= takes a GUID' },
  b: { shape: /^[A-Za-z\d+/]+={0,2}$/, what: 'b= takes base64' },
}

/**
 * The node of a signal, or of the alarms that it follows.
 * @throws AddressFault
 */
export function parseSignalAddress(
  text: string,
  { alarms }: SignalFormat,
  { mode }: Pick<OpcUaSettings, 'mode'>,
): OpcUaAddress {
  const address = parseOpcUaAddress(text)
  if (!alarms) return address
  if (mode === 'poll') throw new AddressFault('alarms come by subscription only', 'remove mode: poll')
  if (address.steps) throw new AddressFault(`"${text}": a part of a value sends no alarms`, 'name an object')
  return { ...address, alarms }
}

/** @throws AddressFault */
export function parseOpcUaAddress(text: string): OpcUaAddress {
  const match = /^(?:ns=(\d+);|nsu=([^;]+);)?([isgb])=([\s\S]+)$/.exec(text.trim())
  const [, index, uri, kind, id] = match ?? []
  if (kind === undefined || id === undefined) throw new AddressFault(`"${text}" is not a node id`, HINT)
  const address = {
    namespace: uri === undefined ? Number(index ?? 0) : decodeUri(uri),
    kind,
    ...(kind === 's' ? { id } : idAndPart(text, id)),
  } as OpcUaAddress
  const { shape, what } = SHAPES[address.kind]
  if (!shape.test(address.id) || (kind === 'i' && Number(address.id) > UINT32_MAX)) {
    throw new AddressFault(`"${text}" is not a node id: ${what}`, HINT)
  }
  if (Number(index ?? 0) > NAMESPACE_MAX)
    throw new AddressFault(`"${text}": no namespace has index ${index}`, HINT)
  return address
}

/** Neither a number, a GUID nor base64 has brackets or points, so the part begins at the first of them. */
function idAndPart(text: string, written: string): Pick<OpcUaAddress, 'id' | 'steps'> {
  const end = written.search(/[.[]/)
  if (end < 0) return { id: written }
  const steps = readSteps(written.slice(end))
  if (!steps) throw new AddressFault(`"${text}": no part of a value is "${written.slice(end)}"`, PART_HINT)
  return { id: written.slice(0, end), steps }
}

/** The text form, as in messages. */
export function nodeText({ namespace, kind, id, steps = [] }: OpcUaAddress): string {
  const prefix =
    namespace === 0 ? '' : typeof namespace === 'number' ? `ns=${namespace};` : `nsu=${encodeUri(namespace)};`
  return `${prefix}${kind}=${id}${stepsText(steps)}`
}

/** In a node id, `;` and `%` of the URI are written as %3B and %25 (OPC UA part 6, 5.1.12). */
function decodeUri(uri: string): string {
  return uri.replace(/%3B/gi, ';').replace(/%25/g, '%')
}

function encodeUri(uri: string): string {
  return uri.replace(/%/g, '%25').replace(/;/g, '%3B')
}
