/** Mistakes in device maps, of machines and of scanners, as data: what is written wrongly, and what the person who wrote it is told. */
import { readFileSync } from 'node:fs'

export interface Mistake {
  readonly number: number
  readonly what: string
  /** Which of the sound maps it is made in. */
  readonly base: string
  readonly bytes: Uint8Array
  /** As `check` prints them. */
  readonly told: readonly string[]
  /** Likewise what is no fault. */
  readonly hinted: readonly string[]
}

/** A mistake that has more to it than one file, and the test that shows it. */
export interface ShownElsewhere {
  readonly number: number
  readonly file: string
  readonly title: string
}

const MODBUS = `machine: PRESS-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: 25502, poll: 200ms}
signals:
  alive: {at: 40100, type: u16, role: heartbeat}
  state: {at: 40101, type: u16, names: {0: off, 1: auto_run, 2: ready, 3: fault}}
  fault: {at: 40102, type: u16, role: fault_code}
  door: {at: 10001, type: bit}
status:
  - {when: {state: fault}, is: down, reason: from fault}
  - {when: {state: auto_run}, is: running}
  - {else: true, is: idle}
reasons: {fault: {101: {code: mechanical_failure, category: equipment}, "*": {code: unknown_fault}}}
`
const OPCUA = `machine: FILL-01
device: {driver: opcua, url: "opc.tcp://10.0.0.1:4840"}
signals:
  state: {node: ns=3;s=State, names: {1: held, 2: execute}}
  order: {node: ns=3;s=Order}
status:
  - {when: {state: execute}, is: running}
  - {else: true, is: idle}
`
const SCANNER = `scanner: ST-12
port: {usb_serial: "21097B1234", brand: honeywell, mode: cdc, baud: 115200}
station: {plant: SAV, location: Line 3 / press, machine: PRESS-07}
frame: {suffix: CR, strip_prefix: "", aim_id: expected, dedupe: 2s}
operator: {badge: '^B(?<employee_code>\\d{4,8})$', idle_logout: 30m, without: reject}
rules:
  - {match: '^WO-(?<wo>[A-Z0-9-]+)$', is: work_order, lookup: work_orders.work_order_number}
  - {match: '^!(START|PAUSE|COMPLETE|LOGOUT)$', is: command}
  - {match: '^RSN:(?<code>[a-z_]+)$', is: downtime_reason}
  - {parse: gs1, need: ["01", "10"], is: material_receipt, lookup: materials.barcode_data, key: "01"}
  - {parse: iso15434, di: {part: [P, 1P], qty: Q}, is: material_receipt}
  - {match: '^SHP-\\d+$', is: shipment, lookup: shipments.shipment_number}
steps: {within: 60s, default_command: none}
ack: {good: brand, bad: brand}
reasons: {changeover: {category: setup, status: setup}}
`
/** What the mistakes are made in. */
export const SOUND_MAPS: Readonly<Record<string, string>> = { modbus: MODBUS, opcua: OPCUA, scanner: SCANNER }
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' }

interface Block {
  readonly number: number
  readonly what: string
  readonly lines: readonly { readonly mark: string; readonly text: string }[]
}

const TABLE = readFileSync(new URL('../cases/mistakes/mistakes.txt', import.meta.url), 'utf8')
const BLOCKS: readonly Block[] = TABLE.split(/^## /m)
  .slice(1)
  .map((block) => {
    const [head = '', ...lines] = block.split('\n')
    const [, number, what = ''] = /^(\d+) (.*)$/.exec(head) ?? []
    const marked = lines.filter((line) => /^[-+=?@] /.test(line))
    return {
      number: Number(number),
      what,
      lines: marked.map((line) => ({ mark: line.slice(0, 1), text: line.slice(2) })),
    }
  })

export const mistakes: readonly Mistake[] = BLOCKS.filter((block) => !settingOf(block, 'elsewhere')).map(
  (block) => ({
    number: block.number,
    what: block.what,
    base: baseOf(block),
    bytes: bytesOf(block),
    told: linesOf(block, '='),
    hinted: linesOf(block, '?'),
  }),
)

export const shownElsewhere: readonly ShownElsewhere[] = BLOCKS.flatMap((block) => {
  const [, file, title] = /^(\S+): (.*)$/.exec(settingOf(block, 'elsewhere') ?? '') ?? []
  return file && title ? [{ number: block.number, file, title }] : []
})

function linesOf({ lines }: Block, mark: string): readonly string[] {
  return lines.filter((line) => line.mark === mark).map(({ text }) => text)
}

function settingOf(block: Block, name: string): string | undefined {
  const found = linesOf(block, '@').find((line) => line.split(' ')[0] === name)
  return found?.slice(name.length).trim()
}

function baseOf(block: Block): string {
  return settingOf(block, 'base') ?? 'modbus'
}

function bytesOf(block: Block): Uint8Array {
  const text = textOf(block)
  const encoding = settingOf(block, 'bytes')
  if (encoding === 'utf-16') return Buffer.from(text, 'utf16le')
  return encoding === 'windows-1252' ? Buffer.from(text, 'latin1') : Buffer.from(text)
}

function textOf(block: Block): string {
  const base = settingOf(block, 'only') === undefined ? SOUND_MAPS[baseOf(block)] : ''
  if (base === undefined) throw new Error(`${block.what}: no such base`)
  const right = linesOf(block, '-').join('\n')
  const wrong = unescaped(linesOf(block, '+').join('\n'))
  if (!base.includes(right)) throw new Error(`${block.what}: the sound map has no ${right}`)
  const text = right === '' ? `${base}${wrong}` : base.replace(right, () => wrong)
  const lineEnd = settingOf(block, 'line-end')
  return lineEnd === undefined ? text : text.replaceAll('\n', unescaped(lineEnd))
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
