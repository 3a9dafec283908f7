/** What a new file begins with, and how it is called. */

export const NEW_KINDS = ['machine', 'scanner', 'profile', 'table'] as const
export type NewKind = (typeof NEW_KINDS)[number]

/** The name of the file; undefined where what was entered is no name. */
export function nameFor(kind: NewKind, entered: string): string | undefined {
  const name = entered.trim().replace(/\.(ya?ml|csv)$/i, '')
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,90}$/u.test(name)) return undefined
  if (kind === 'table') return `${name}.csv`
  return kind === 'profile' ? `profiles/${name}.yaml` : `${name}.yaml`
}

const MACHINE = `machine: 
device: { driver: modbus-tcp, host: , unit: 1, addressing: modicon, poll: 1s }

signals:
  state: { at: 40101, type: u16 }

status:
  - { when: { state: 1 }, is: running, for: 2s }
  - { else: true, is: idle }
`
const SCANNER = `scanner: 
port: { usb_serial: "" }
station: { machine: }

rules:
  - { match: '^WO-(?<wo>[A-Z0-9-]+)$', is: work_order }
  - { match: '^RSN:(?<code>[a-z_]+)$', is: downtime_reason }
`
const PROFILE = `maker: 
text: 
device: { driver: modbus-tcp, addressing: modicon }
signals:
  state: { at: 40101, type: u16 }
`

const TEMPLATES: Readonly<Record<NewKind, string>> = {
  machine: MACHINE,
  scanner: SCANNER,
  profile: PROFILE,
  table: 'fault;code;category;priority;text\n',
}

/** @param kind as the address has it, which may be anything */
export function templateFor(kind: string | undefined): string {
  return TEMPLATES[NEW_KINDS.find((one) => one === kind) ?? 'machine']
}
