/** Random lives of machines and of a station as events, and what of them must be in central in the end. */
import type { DowntimeAmended, DowntimeOpened } from '../../src/domain/events/downtime.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { StationEvent } from '../../src/domain/events/scan.ts'
import type { StatusAmended, StatusOpened } from '../../src/domain/events/status.ts'
import { utcText } from '../../src/domain/instant.ts'
import { machineOwner, ownerCode } from '../../src/domain/owner.ts'
import type { Random } from '../simulation/random.ts'
import type { TestCentral } from './central.ts'
import { amended, downtime, downtimeAmended, minutes, opened, scan, scanUndone } from './central-events.ts'

/** The site refuses each row that says so. */
export const REFUSED = 'the site refuses this'
/** Central does not know this machine, nor this person, nor this order. */
export const STRANGER = 'NOBODY'
const NO_USER = 999_999
const NO_ORDER = 'WO-NONE'

const MACHINES = ['CNC-01', 'WELD-03', 'PRESS-07']
const STATUSES = ['running', 'idle', 'down', 'setup'] as const
const ORDERS = [null, null, 'WO-1001', 'WO-1002', NO_ORDER]

type LifeEvent = StatusOpened | StatusAmended | DowntimeOpened | DowntimeAmended | StationEvent

/** An interval of a machine that is open. */
interface OpenInterval {
  readonly at: string
  readonly isDown: boolean
  /** What all of its events say: where the site refuses its beginning, it would refuse whatever tells it. */
  readonly says: { readonly remark?: string }
}

/** In the order in which they happen. Of each kind and machine the last ones are refused by nobody: they show that the table is sound. */
export function randomLife(
  random: Random,
  { operator, count }: { readonly operator: number; readonly count: number },
): readonly LifeEvent[] {
  const life = new Life(random)
  while (life.events.length < count) {
    if (random.chance(0.2)) life.scan(random.chance(0.1) ? NO_USER : operator, operator)
    else life.turn(random.chance(0.05) ? STRANGER : random.pick(MACHINES), 0.02, random.pick(STATUSES))
  }
  for (const machine of MACHINES)
    for (const status of ['down', 'idle'] as const) life.turn(machine, 0, status)
  return life.events
}

class Life {
  readonly events: LifeEvent[] = []
  readonly #random: Random
  readonly #open = new Map<string, OpenInterval>()
  #ms = Date.UTC(2026, 0, 31, 9)

  constructor(random: Random) {
    this.#random = random
  }

  /** By somebody, and maybe taken back by somebody else. */
  scan(person: number, other: number): void {
    const at = this.#next()
    this.events.push(scan(person, { at, data: `PIECE ${this.events.length}` }))
    if (this.#random.chance(0.2)) this.events.push(scanUndone(other, { at, undoneAt: this.#next() }))
  }

  /** A machine has another status. @param refused how often the site refuses something of it */
  turn(machine: string, refused: number, status: (typeof STATUSES)[number]): void {
    const subject = machineOwner(machine)
    this.#end(machine, refused)
    const [at, says] = [this.#next(), this.#remark(refused)]
    const isDown = status === 'down'
    this.events.push(opened({ subject, at, status, reason: 'begun', workOrder: this.#order(), ...says }))
    if (isDown) this.events.push(downtime({ subject, at, ...says }))
    this.#open.set(machine, { at, isDown, says })
  }

  #end(machine: string, refused: number): void {
    const interval = this.#open.get(machine)
    if (!interval) return
    const { at, isDown, says } = interval
    const about = () => ({ subject: machineOwner(machine), at, ...this.#remark(refused), ...says })
    const [workOrder, isLearnt] = [this.#order(), this.#random.chance(0.3)]
    const ended = () => minutes(this.#random.between(0, 9))
    if (isLearnt) this.events.push(amended({ ...about(), reason: 'learnt', workOrder, ended: null }))
    if (isDown && isLearnt) this.events.push(downtimeAmended({ ...about(), ended: null }))
    if (isDown) this.events.push(downtimeAmended({ ...about(), ended: { at: this.#next(), ...ended() } }))
    this.events.push(amended({ ...about(), reason: 'ended', workOrder, ended: ended() }))
    this.#open.delete(machine)
  }

  #next(): string {
    this.#ms += this.#random.between(1, 5_000)
    return utcText(this.#ms)
  }

  #order(): string | null {
    return this.#random.pick(ORDERS)
  }

  #remark(refused: number): { readonly remark?: string } {
    return this.#random.chance(refused) ? { remark: REFUSED } : {}
  }
}

/** What is in central. */
interface Found {
  /** Of the MES's tables: `table machine-or-station time: what it says`, in order. */
  readonly rows: readonly string[]
  /** `machine status` of those that are not as they were at first. */
  readonly machines: readonly string[]
  /** `machine time` of the site's table. */
  readonly site: readonly string[]
  /** Numbers of events. */
  readonly aside: readonly number[]
  readonly lastSeq: number | undefined
}

interface Expected {
  readonly state: Pick<Found, 'rows' | 'machines' | 'site' | 'lastSeq'>
  /** Whether it is as expected, with what is set aside. */
  isIn(found: Found): boolean
}

/** @param isMended what the site had refused, and the machine that was not known, are taken by now */
export function expectedOf(
  events: readonly LifeEvent[],
  { hasSite, isMended }: { readonly hasSite: boolean; readonly isMended: boolean },
): Expected {
  const rows = new Map<string, string>()
  const machines = new Map<string, string>()
  const aside = new Set<number>()
  /** Set aside as well, unless a later event of its row was tried together with it, or has landed, and says all of it. */
  const maybe = new Set<number>()
  const refusedLast = new Map<string, number>()
  for (const [index, event] of events.entries()) {
    const key = keyOf(event)
    const isRefused = !isMended && 'remark' in event && event.remark === REFUSED
    const cannotBe = isOpening(event) ? isRefused || isOfStranger(event, isMended) : !rows.has(key)
    const before = refusedLast.get(key)
    if (before !== undefined) maybe.add(before)
    refusedLast.delete(key)
    if (cannotBe) aside.add(index + 1)
    else if (isRefused) refusedLast.set(key, index + 1)
    else rows.set(key, saidBy(event, rows.get(key)))
    if (event.kind === 'status.opened' && !cannotBe) machines.set(ownerCode(event.subject), event.status)
  }
  for (const seq of refusedLast.values()) aside.add(seq)
  const site = events.filter(({ kind }) => hasSite && kind === 'status.opened').map(placeOf)
  const state = {
    rows: [...rows].map(([key, says]) => `${key}: ${says}`).sort(),
    machines: [...machines].map(([machine, status]) => `${machine} ${status}`).sort(),
    site: site.sort(),
    lastSeq: events.length,
  }
  return {
    state,
    isIn: ({ aside: found, ...others }) =>
      JSON.stringify({ ...state, aside: [...aside].sort(byNumber) }) ===
      JSON.stringify({
        ...pickState(others),
        aside: found.filter((seq) => aside.has(seq) || !maybe.has(seq)),
      }),
  }
}

function pickState({ rows, machines, site, lastSeq }: Expected['state']): Expected['state'] {
  return { rows, machines, site, lastSeq }
}

function byNumber(one: number, other: number): number {
  return one - other
}

function isOpening({ kind }: LifeEvent): boolean {
  return kind === 'status.opened' || kind === 'downtime.opened' || kind === 'scan'
}

function isOfStranger(event: LifeEvent, isMended: boolean): boolean {
  return (
    (!isMended && ownerCode(event.subject) === STRANGER) ||
    ('operator' in event && event.operator === NO_USER)
  )
}

function placeOf({ subject, at }: Event): string {
  return `${ownerCode(subject)} ${at}`
}

function keyOf(event: LifeEvent): string {
  return `${event.kind.split('.')[0]} ${placeOf(event)}`
}

/** @param before what the row said */
function saidBy(event: LifeEvent, before = ''): string {
  if (event.kind === 'scan') return event.data
  if (event.kind === 'scan.undone') return `${before} undone`
  const ended = 'ended' in event ? (event.ended?.minutes ?? '') : ''
  const order = event.workOrder === NO_ORDER ? '' : (event.workOrder ?? '')
  if (event.kind === 'downtime.opened' || event.kind === 'downtime.amended')
    return `${event.reason ?? 'unassigned'} ${event.category ?? ''} ${order} ${ended}`
  const status = event.kind === 'status.opened' ? event.status : before.split(' ')[0]
  return `${status} ${event.reason ?? ''} ${order} ${ended}`
}

const timeOf = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const textOf = (...columns: readonly string[]) =>
  columns.map((column) => `coalesce(${column}::text, '')`).join(` || ' ' || `)

const ROWS = `
  SELECT 'status ' || m.machine_code || ' ' || ${timeOf('r.changed_at')} || ': ' ||
    ${textOf('r.new_status', 'r.reason_code', 'w.work_order_number', 'r.duration_minutes')} AS is
  FROM machine_status_history r JOIN machines m ON m.id = r.machine_id LEFT JOIN work_orders w ON w.id = r.work_order_id
  UNION ALL
  SELECT 'downtime ' || m.machine_code || ' ' || ${timeOf('r.started_at')} || ': ' ||
    ${textOf('r.downtime_reason_code', 'r.downtime_category', 'w.work_order_number', 'r.duration_minutes')}
  FROM downtime_events r JOIN machines m ON m.id = r.machine_id LEFT JOIN work_orders w ON w.id = r.work_order_id
  UNION ALL
  SELECT 'scan ' || substring(notes FROM '^scanner=([^;]*)') || ' ' || ${timeOf('scanned_at')} || ': ' || qr_code_data ||
    CASE WHEN notes LIKE '%undone%' THEN ' undone' ELSE '' END
  FROM qr_code_scans`

export async function foundIn(central: TestCentral): Promise<Found> {
  const texts = async (sql: string) => (await central.sql<{ is: string }>(sql)).map(({ is }) => is).sort()
  const aside = await central.sql<{ seq: number }>(
    'SELECT seq::int FROM edge_gateway.quarantine WHERE released_at IS NULL ORDER BY seq',
  )
  const [stream] = await central.sql<{ seq: number }>(
    `SELECT last_seq::int AS seq FROM edge_gateway.stream WHERE gateway_id = 'edge-1'`,
  )
  return {
    rows: await texts(ROWS),
    machines: await texts(
      `SELECT machine_code || ' ' || status AS is FROM machines WHERE status <> 'available'`,
    ),
    site: await texts(`SELECT machine || ' ' || ${timeOf('at')} AS is FROM site.starts`),
    aside: aside.map(({ seq }) => seq),
    lastSeq: stream?.seq,
  }
}
