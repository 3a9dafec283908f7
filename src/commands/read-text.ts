/** What `millrace read` says to people. */
import { printable } from '../domain/errors.ts'
import { shortNumber } from '../domain/misread.ts'
import { WORD_ORDERS } from '../domain/signal.ts'
import type { ExploredValue } from '../drivers/opcua/explore/explorer.ts'
import { yamlNode } from '../workbench/nodes/walk.ts'
import type { RegisterDecoding } from '../workbench/registers/decodings.ts'
import type { ReadRegister, ReadRegisters } from '../workbench/registers/read.ts'
import { localText } from './moments.ts'

/** How values are shown besides their raw ones. */
interface Scaling {
  readonly scale: number
  readonly offset: number
}

const WIDE = ['u32', 'i32', 'f32', 'bcd32', 'u64', 'i64', 'f64']
const COLUMN = 24

/** Registers of one word of the command. */
export function registersText({ wanted, registers, signal }: ReadRegisters, scaling: Scaling): string {
  const [only] = registers
  const heading = signal ? [signalLine(signal)] : []
  const blocks =
    only && registers.length === 1 ? oneRegister(only, wanted.bit, scaling) : rangeLines(registers, scaling)
  return `${[...heading, ...blocks].map((line) => printable(line)).join('\n')}\n`
}

function signalLine({ name, raw, value, doubt }: NonNullable<ReadRegisters['signal']>): string {
  const shown =
    raw === null ? 'no value' : String(value) === String(raw) ? String(value) : `${value} (raw ${raw})`
  return `${name}: ${shown}${doubt === undefined ? '' : `; ${doubt}`}`
}

function oneRegister(register: ReadRegister, bit: number | undefined, scaling: Scaling): readonly string[] {
  const { address, why, raw, bits, decodings, text, swappedText } = register
  const heading = `manual ${address}`
  if (why !== undefined) return [heading, `  cannot be read: ${why}`]
  if (bits === undefined) return [heading, `  ${onOff(raw)}`]
  const isShown = ({ order, type, isPlausible }: RegisterDecoding) =>
    order === undefined && (isPlausible || !type.startsWith('bcd'))
  const one = decodings.filter(isShown).map((each) => `${each.type} ${shownOf(each, scaling)}`)
  return [
    heading,
    `  raw   ${raw}`,
    `  16 bits  ${one.join('   ')}`,
    `  bits  ${bits}`,
    ...(bit === undefined ? [] : [`  bit ${bit}  ${bitLine(register, bit)}`]),
    ...wideRows(decodings, scaling),
    ...(text === undefined ? [] : [`  text  ${JSON.stringify(text)}`]),
    ...(swappedText === undefined || swappedText === text
      ? []
      : [`  text: swapped  ${JSON.stringify(swappedText)}`]),
  ]
}

function onOff(raw: string | undefined): string {
  return raw === '1' ? 'on (1)' : 'off (0)'
}

/** A manual may count bits from 0 or 1, from the lowest or the highest. */
function bitLine({ raw }: ReadRegister, bit: number): string {
  const word = Number.parseInt(raw ?? '0', 16)
  const at = (n: number) => (n < 0 || n > 15 ? undefined : (word >> n) & 1)
  const fromOne = bit === 0 ? '' : `; counted from 1 (lsb1): ${at(bit - 1)}`
  return `counted from 0, the lowest first (lsb0): ${at(bit)}${fromOne}; the highest first (msb): ${at(15 - bit)}`
}

function wideRows(decodings: readonly RegisterDecoding[], scaling: Scaling): readonly string[] {
  const orders = WORD_ORDERS.filter((order) => decodings.some((one) => one.order === order))
  const rows = WIDE.flatMap((type) => {
    const ofType = decodings.filter((one) => one.type === type)
    if (!ofType.some(({ isPlausible }) => isPlausible)) return []
    const cells = orders.map((order) => {
      const one = ofType.find((each) => each.order === order)
      return (one?.isPlausible ? shownOf(one, scaling) : '-').padEnd(COLUMN)
    })
    return [`  ${type.padEnd(6)}${cells.join('')}`.trimEnd()]
  })
  if (rows.length === 0) return []
  return [`  ${'order'.padEnd(6)}${orders.map((order) => order.padEnd(COLUMN)).join('')}`.trimEnd(), ...rows]
}

function shownOf({ value, type }: RegisterDecoding, { scale, offset }: Scaling): string {
  const plain = type === 'f32' && typeof value === 'number' ? shortNumber(value) : String(value)
  if (scale === 1 && offset === 0) return plain
  return `${plain} = ${shortNumber(Number(value) * scale + offset)}`
}

/** Neighbours that are refused for the same cause share a line. */
function rangeLines(registers: readonly ReadRegister[], scaling: Scaling): readonly string[] {
  const lines: string[] = []
  for (let n = 0; n < registers.length; n++) {
    const [first, why] = [registers[n], plainWhy(registers[n])]
    let last = first
    while (why !== undefined && plainWhy(registers[n + 1]) === why) last = registers[++n]
    if (!first || !last) continue
    const to = last === first ? '' : ` to ${placeOf(last)}`
    lines.push(
      why === undefined ? rangeLine(first, scaling) : `${placeOf(first)}${to}  cannot be read: ${why}`,
    )
  }
  return lines
}

function placeOf({ address }: ReadRegister): string {
  return address.replace(' = wire', '  wire').replace(/, function \d$/, '')
}

/** Without the address, which stands before it. */
function plainWhy(register: ReadRegister | undefined): string | undefined {
  return register?.why?.replace(/ at \d.*?function \d:/, ':')
}

/** A line for each address; of wide values only those that look like one. */
function rangeLine(register: ReadRegister, scaling: Scaling): string {
  const { raw, bits, decodings, text } = register
  if (bits === undefined) return `${placeOf(register)}  ${onOff(raw)}`
  const u16 = decodings.find(({ type }) => type === 'u16')
  const isOneOrder = new Set(decodings.flatMap(({ order }) => order ?? [])).size === 1
  const wide = decodings
    .filter(({ isPlausible, ...one }) => isPlausible && isTelling(one, isOneOrder))
    .map((one) => `${one.type} ${one.order} ${shownOf(one, scaling)}`)
  const negative = decodings.find(({ type, isPlausible }) => type === 'i16' && isPlausible)
  const parts = [
    `u16 ${u16 ? shownOf(u16, scaling) : raw}`,
    ...(negative ? [`i16 ${shownOf(negative, scaling)}`] : []),
    ...wide,
    ...(text === undefined || text.length < 4 ? [] : [`text ${JSON.stringify(text)}`]),
  ]
  return `${placeOf(register)}  ${raw}  ${parts.join('  ')}`
}

/** Any two registers are some whole number: these are shown only in an order that was asked for. */
function isTelling({ type, value }: Pick<RegisterDecoding, 'type' | 'value'>, isOneOrder: boolean): boolean {
  return type === 'f32' ? value !== 0 : type === 'u32' && isOneOrder && Number(value) > 0xffff
}

/** The value of a node, and the line for a map. */
export function nodeText(value: ExploredValue, timezone: string, nowMs: number): string {
  const { node, shown, type, quality, status, detail, sourceTimeMs, serverTimeMs } = value
  const time = (label: string, ms: number | undefined) =>
    ms === undefined ? [] : [`  ${label}  ${localText(ms, nowMs, timezone)}`]
  const lines = [
    `node: ${yamlNode(node)}`,
    ...(shown === '' ? [] : [`  value    ${shown}`]),
    ...(type === undefined ? [] : [`  type     ${type}`]),
    `  quality  ${quality} (${status})`,
    ...time('source  ', sourceTimeMs),
    ...time('server  ', serverTimeMs),
    ...(detail === undefined ? [] : [`  why      ${detail}`]),
  ]
  return `${lines.map(printable).join('\n')}\n`
}
