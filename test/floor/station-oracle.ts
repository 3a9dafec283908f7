/**
 * What must become of each scan, as the documents for people say it: how it is answered, which rows it makes, and what its machine
 * learns. Written from them alone, and knows nothing of how a station is built.
 */
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { StationName } from './day.ts'
import { OPERATORS } from './floor.ts'

const WITHIN_MS = 60_000
const LABEL_MS = 20_000
const IDLE_MS = 300_000
const UNDO_MS = 120_000
const DEDUPE_MS = 2_000
const CLOSED = 'WO-3'
const TABLE_USER = 900

export type Verdict = 'good' | 'bad' | 'held'

export interface Row {
  readonly at: number
  readonly type: string
  readonly data: string
  readonly operator: number
  readonly order: string | null
  readonly label: number | null
}

/** What a machine learns of a scan. */
export type Learnt =
  | {
      readonly kind: 'order'
      readonly order: string | null
      readonly operator: number
      readonly command: string
    }
  | { readonly kind: 'reason'; readonly code: string; readonly operator: number; readonly isNew: boolean }
  | { readonly kind: 'declared'; readonly code: string; readonly operator: number }
  | { readonly kind: 'released'; readonly operator: number }

interface Scan {
  readonly code: string
  readonly at: number
}

/** What was stored last, and how to take it back. */
interface Stored {
  readonly at: number
  readonly operator: number
  readonly rows: readonly Row[]
  readonly isFinal: boolean
  readonly ordersBefore: Readonly<Record<string, 'started' | 'paused'>>
  readonly machineBefore: string | null
  readonly machineAfter: string | null
  readonly isMachine: boolean
}

interface State {
  session: { operator: number; at: number } | null
  waiting: Scan[]
  command: Scan | null
  order: Scan | null
  split: Scan | null
  parts: Scan[]
  orders: Record<string, 'started' | 'paused'>
  last: Stored | null
  seen: Record<string, number>
  before: string
  rowAt: number
  machine: string | null
}

/** The machine of a station, as the station needs it. */
export type Standing = Pick<MachineStanding, 'reasonFor' | 'declared'> | null

export class StationOracle {
  readonly rows: Row[] = []
  readonly undone: Row[] = []
  readonly #name: StationName
  #state: State = {
    session: null,
    waiting: [],
    command: null,
    order: null,
    split: null,
    parts: [],
    orders: {},
    last: null,
    seen: {},
    before: '',
    rowAt: Number.NEGATIVE_INFINITY,
    machine: null,
  }
  #new: Row[] = []
  #learnt: Learnt[] = []

  constructor(name: StationName) {
    this.#name = name
  }

  get operator(): number | null {
    return this.#state.session?.operator ?? (this.#name === 'table' ? TABLE_USER : null)
  }

  /** @param order that the machine works on */
  scan(code: string, at: number, standing: Standing, order: string | null) {
    this.#begin(order)
    const isGivenUp = this.#lapse(at)
    const verdict = this.#judge({ code, at }, standing)
    const isStranger = code.startsWith('B') && !(code.slice(1) in OPERATORS)
    if (this.#state.session && !isStranger) this.#state.session.at = at
    this.#state.before = code
    return this.#end(isGivenUp ? `bad,${verdict}` : verdict)
  }

  beat(at: number, order: string | null) {
    this.#begin(order)
    // Time is only given where it has passed.
    return this.#end(this.#lapse(at - 1) ? 'bad' : '')
  }

  /** What has waited for too long is given up, and whoever scanned it hears so. */
  #lapse(at: number): boolean {
    const state = this.#state
    const isLate = (scan: Scan | null | undefined, ms: number) => scan && at - scan.at >= ms
    const late = state.waiting.filter((one) => isLate(one, WITHIN_MS))
    for (const { code } of late) delete state.seen[code]
    state.waiting = state.waiting.filter((one) => !late.includes(one))
    const gave = [
      late.length > 0,
      isLate(state.command, WITHIN_MS) && this.#drop('command'),
      isLate(state.split, WITHIN_MS) && this.#drop('split'),
      isLate(state.parts[0], LABEL_MS) && this.#dropParts(),
      isLate(state.session && { code: '', ...state.session }, IDLE_MS) && this.#leave(),
    ]
    return gave.includes(true)
  }

  #begin(order: string | null): void {
    if (this.#name !== 'table') this.#state.machine = order
    this.#new = []
    this.#learnt = []
  }

  #end(verdicts: string) {
    this.rows.push(...this.#new)
    return { verdicts, learnt: this.#learnt }
  }

  #judge(scan: Scan, standing: Standing): Verdict {
    const { code, at } = scan
    const state = this.#state
    if (code.startsWith('B')) return this.#badge(scan, standing)
    if (this.#isRepeat(scan)) return state.waiting.some((one) => one.code === code) ? 'held' : 'good'
    if (code === '!CANCEL') {
      this.#giveUp()
      return 'good'
    }
    if (code === '!LOGOUT') {
      this.#leave()
      return 'good'
    }
    const { operator } = this
    if (operator === null) {
      const mayWait =
        this.#name === 'bench' ? code !== '!UNDO' : /^(WO-|!(START|PAUSE|RESUME|COMPLETE|ISSUE))/.test(code)
      if (!mayWait) return 'bad'
      state.waiting.push(scan)
      state.seen[code] = at
      return 'held'
    }
    return this.#together([scan], operator, standing, at)
  }

  #badge({ code, at }: Scan, standing: Standing): Verdict {
    const operator = OPERATORS[code.slice(1)]
    if (operator === undefined) return 'bad'
    const { session } = this.#state
    if (session && session.operator !== operator) this.#giveUp()
    if (session?.operator === operator) return 'good'
    this.#state.session = { operator, at }
    const waiting = this.#state.waiting.splice(0)
    const verdict = this.#together(waiting, operator, standing, at)
    return verdict === 'bad' ? 'bad' : 'good'
  }

  /** All of them count, or none. */
  #together(scans: readonly Scan[], operator: number, standing: Standing, at: number): Verdict {
    const saved = structuredClone(this.#state)
    const { machine, orders } = saved
    let verdict: Verdict = 'good'
    let isFinal = false
    for (const scan of scans) {
      verdict = this.#carryOut(scan, operator, standing)
      if (verdict === 'bad') {
        this.#refuse(saved, scans)
        return 'bad'
      }
      this.#state.seen[scan.code] = scan.at
      isFinal ||= verdict === 'good' && /^(RSN|!OK)/.test(scan.code)
    }
    if (this.#new.length > 0) {
      const machineAfter = this.#state.machine
      this.#state.last = {
        at,
        operator,
        rows: this.#new,
        isFinal,
        ordersBefore: orders,
        machineBefore: machine,
        machineAfter,
        isMachine: this.#learnt.some(({ kind }) => kind === 'order'),
      }
    }
    return verdict
  }

  /** What was begun with a refused scan is given up with it. */
  #refuse(saved: State, scans: readonly Scan[]): void {
    const { code } = scans.at(-1) ?? { code: '' }
    this.#state = saved
    this.#new = []
    this.#learnt = []
    for (const scan of scans) delete this.#state.seen[scan.code]
    if (scans.length !== 1) return
    if (code.startsWith('WO-')) this.#drop('command')
    if (code.startsWith('RSN')) this.#drop('split')
    if (/^[PQS]\d/.test(code)) this.#dropParts()
  }

  #carryOut(scan: Scan, operator: number, standing: Standing): Verdict {
    const { code } = scan
    if (code.startsWith('WO-')) return this.#workOrder(scan, operator)
    if (/^!(START|PAUSE|RESUME|COMPLETE|ISSUE)$/.test(code)) return this.#command(scan, operator)
    if (code.startsWith('RSN:')) return this.#reason(scan, operator, standing)
    if (code === '!SPLIT') return this.#split(scan, standing)
    if (code === '!OK_TO_RUN') return this.#release(scan, operator, standing)
    if (code === '!UNDO') return this.#undo(scan, operator)
    if (/^[PQS]\d/.test(code)) return this.#part(scan, operator)
    return this.#store(scan, code.startsWith('LBL') ? 'label' : 'unknown', operator)
  }

  #workOrder(scan: Scan, operator: number): Verdict {
    const { command, orders, machine } = this.#state
    const number = scan.code.slice(3)
    if (command) {
      if (!this.#isAllowed(command.code, number)) return 'bad'
      this.#do(command, command.code, number, operator)
      this.#state.command = null
      return this.#store(scan, 'work_order', operator, number)
    }
    const isAtWork = orders[number] === 'started' || machine === number
    if (this.#name === 'table' && !isAtWork) {
      if (!this.#isAllowed('!START', number)) return 'bad'
      this.#do(scan, '!START', number, operator)
      return 'good'
    }
    this.#state.order = scan
    return this.#store(scan, 'work_order', operator, number)
  }

  #command(scan: Scan, operator: number): Verdict {
    const { order } = this.#state
    if (!order || scan.at - order.at >= WITHIN_MS) {
      this.#drop('command')
      this.#state.command = scan
      return 'held'
    }
    const number = order.code.slice(3)
    if (!this.#isAllowed(scan.code, number)) return 'bad'
    this.#state.order = null
    this.#do(scan, scan.code, number, operator)
    return 'good'
  }

  #isAllowed(command: string, number: string): boolean {
    const { orders, machine } = this.#state
    const isAtWork = orders[number] === 'started' || machine === number
    switch (command) {
      case '!START':
        return `WO-${number}` !== CLOSED
      case '!PAUSE':
        return isAtWork
      case '!RESUME':
        return orders[number] === 'paused'
      case '!COMPLETE':
        return isAtWork || orders[number] === 'paused'
      default:
        return true
    }
  }

  #do(scan: Scan, command: string, number: string, operator: number): void {
    const { orders, machine } = this.#state
    this.#store(scan, `work_order_${command.slice(1).toLowerCase()}`, operator, number)
    if (command === '!ISSUE') return
    const isOn = command === '!START' || command === '!RESUME'
    if (command === '!COMPLETE') delete orders[number]
    else orders[number] = isOn ? 'started' : 'paused'
    if (!isOn && machine !== number) return
    const order = isOn ? number : null
    if (this.#name !== 'table') this.#state.machine = order
    this.#learnt.push({ kind: 'order', order, operator, command })
  }

  #reason(scan: Scan, operator: number, standing: Standing): Verdict {
    const { split } = this.#state
    const code = scan.code.slice(4)
    const isDeclared = code === 'changeover'
    if (!standing || (!standing.reasonFor && !isDeclared)) return 'bad'
    if (split) {
      if (standing.reasonFor !== 'current') return 'bad'
      this.#store(split, 'split', operator)
      this.#state.split = null
    }
    this.#store(scan, 'downtime_reason', operator)
    if (standing.reasonFor === 'current' || !isDeclared)
      this.#learnt.push({ kind: 'reason', code, operator, isNew: split !== null })
    if (isDeclared) this.#learnt.push({ kind: 'declared', code, operator })
    return 'good'
  }

  #split(scan: Scan, standing: Standing): Verdict {
    if (standing?.reasonFor !== 'current') return 'bad'
    this.#state.split = scan
    return 'held'
  }

  #release(scan: Scan, operator: number, standing: Standing): Verdict {
    if (!standing?.declared && standing?.reasonFor !== 'current') return 'bad'
    this.#learnt.push({ kind: 'released', operator })
    return this.#store(scan, 'ok_to_run', operator)
  }

  #undo({ at }: Scan, operator: number): Verdict {
    const { last, machine } = this.#state
    if (!last || at - last.at > UNDO_MS || last.operator !== operator || last.isFinal) return 'bad'
    this.undone.push(...last.rows)
    for (const { data } of last.rows) delete this.#state.seen[data]
    this.#state.orders = { ...last.ordersBefore }
    if (last.isMachine && machine === last.machineAfter) {
      this.#state.machine = last.machineBefore
      this.#learnt.push({ kind: 'order', order: last.machineBefore, operator, command: '!UNDO' })
    }
    if (last.rows.some(({ data }) => data === this.#state.order?.code)) this.#state.order = null
    this.#state.last = null
    return 'good'
  }

  #part(scan: Scan, operator: number): Verdict {
    const { parts } = this.#state
    const same = parts.find(({ code }) => code[0] === scan.code[0])
    if (same) return same.code === scan.code ? 'held' : 'bad'
    parts.push(scan)
    if (parts.length < 3) return 'held'
    const [first] = parts
    const types: Readonly<Record<string, string>> = { P: 'part_number', Q: 'quantity', S: 'serial' }
    for (const part of parts)
      this.#store(part, types[part.code[0] ?? ''] ?? '', operator, this.#state.machine, first)
    this.#state.parts = []
    return 'good'
  }

  #store(
    { code, at }: Scan,
    type: string,
    operator: number,
    order = this.#state.machine,
    label?: Scan,
  ): 'good' {
    const rowAt = Math.max(at, this.#state.rowAt + 1)
    this.#state.rowAt = rowAt
    this.#new.push({
      at: rowAt,
      type,
      data: code,
      operator,
      order,
      label: label ? this.#labelAt(label) : null,
    })
    return 'good'
  }

  #labelAt(first: Scan): number {
    return this.#new.find(({ data }) => data === first.code)?.at ?? this.#state.rowAt
  }

  #isRepeat({ code, at }: Scan): boolean {
    const { seen, before } = this.#state
    const seenAt = seen[code]
    if (seenAt === undefined || at - seenAt >= DEDUPE_MS) return false
    if (this.#isHeld(code)) return false
    return /^(LBL|junk)/.test(code) || before === code
  }

  #isHeld(code: string): boolean {
    const { command, split, parts } = this.#state
    return [command, split, ...parts].some((one) => one?.code === code)
  }

  #leave(): boolean {
    this.#state.session = null
    return this.#giveUp()
  }

  #giveUp(): boolean {
    const { waiting } = this.#state
    for (const { code } of waiting) delete this.#state.seen[code]
    const gave = [waiting.splice(0).length > 0, this.#drop('command'), this.#drop('split'), this.#dropParts()]
    this.#state.order = null
    return gave.includes(true)
  }

  #drop(what: 'command' | 'split'): boolean {
    const held = this.#state[what]
    if (held) delete this.#state.seen[held.code]
    this.#state[what] = null
    return held !== null
  }

  #dropParts(): boolean {
    const { parts } = this.#state
    for (const { code } of parts) delete this.#state.seen[code]
    return parts.splice(0).length > 0
  }
}
