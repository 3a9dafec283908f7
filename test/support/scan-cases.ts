/** Scan cases as data: what comes from the port and when, and what must come of it. The format is explained in test/cases/scans/README.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { knownHardware } from '../../src/commands/hardware.ts'
import { readYamlFile } from '../../src/documents/yaml-source.ts'
import { faultText } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { Scan, ScanUndone } from '../../src/domain/events/scan.ts'
import type { Lookup, LookupResult, MasterData } from '../../src/domain/master-data.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { StationMap } from '../../src/domain/station-map.ts'
import type { Context } from '../../src/domain/subject.ts'
import { compileMap } from '../../src/maps/compile-map.ts'
import { folderTables } from '../../src/maps/machine/reasons/reason-file.ts'
import { isStationMap } from '../../src/maps/map-kind.ts'
import { type Answered, StationPlay } from './play-station.ts'

const FOLDER = fileURLToPath(new URL('../cases/scans/', import.meta.url))
const START_MS = Date.parse('2026-01-31T09:00:00.000Z')
const ASCII = { NUL: 0, STX: 2, ETX: 3, EOT: 4, LF: 10, CR: 13, GS: 29, RS: 30 } as const

export interface ScanCase {
  /** What a plant sees, in a sentence. */
  readonly sees: string
  /** The station's map, a file of `stations/`. */
  readonly station: string
  readonly machine?: Partial<MachineStanding> | null
  readonly known?: Partial<Known>
  readonly steps: readonly (string | Step)[]
  readonly rows: readonly string[]
  readonly answers: readonly string[]
  readonly learns?: readonly string[]
  readonly after?: Partial<After>
  readonly fields?: readonly Readonly<Record<string, string>>[]
  readonly places?: readonly string[]
}

interface Step {
  readonly at: string
  readonly hex?: string
  readonly bytes?: string
  readonly machine?: Partial<MachineStanding> | null
  readonly clock?: string
  readonly restart?: 'program' | 'crash' | 'computer'
  readonly away?: string
}

/** What the master data hold. */
interface Known {
  readonly badges: Readonly<Record<string, number | string>>
  readonly codes: readonly KnownCode[]
  /** How long after the start of the case the shift ends; null: no shifts. */
  readonly shiftEnds: string | null
}

interface KnownCode {
  readonly in: string
  readonly code: string
  readonly type: string
  readonly id: number
  readonly name?: string
  readonly state?: string
}

/** The station at the end of a case. */
interface After {
  readonly operator: number | null
  readonly orders: readonly string[]
  readonly held: number
  readonly notStored: Readonly<Record<string, number>>
}

/** What came of a case, in the words in which cases are written. */
export interface CaseOutcome {
  readonly rows: readonly string[]
  readonly answers: readonly string[]
  readonly learns: readonly string[]
  readonly after: After
  readonly fields: readonly Readonly<Record<string, string>>[]
  readonly places: readonly string[]
}

const KNOWN = parse(readFileSync(`${FOLDER}known.yaml`, 'utf8')) as Known

/** All cases, by the file in which they stand. */
export const scanCases: readonly (ScanCase & { readonly file: string })[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml') && file !== 'known.yaml')
  .flatMap((file) => {
    const cases = parse(readFileSync(FOLDER + file, 'utf8')) as readonly ScanCase[]
    return cases.map((one) => ({ ...one, file }))
  })

export async function playCase(one: ScanCase, restartsAlways: boolean): Promise<CaseOutcome> {
  const map = stationOf(one.station)
  const play = new StationPlay({
    map,
    masterData: masterDataOf({ ...KNOWN, ...one.known }),
    machine: standingOf(map, one.machine),
    startMs: START_MS,
    restartsAlways,
  })
  let atMs = 0
  for (const step of one.steps.map(asStep)) {
    await play.pass(msOf(step.at) - atMs)
    atMs = msOf(step.at) + msOf(step.away ?? '0s')
    if (step.machine !== undefined) play.machine = standingOf(map, step.machine)
    const clockMs = msOf(step.clock ?? '0s')
    if (step.restart) play.restart(step.restart, msOf(step.away ?? '0s'), clockMs)
    else play.stepClock(clockMs)
    const bytes = bytesOf(step)
    if (bytes.length > 0) await play.bytes(bytes)
  }
  return outcomeOf(play)
}

/** A map of `stations/`, or of another folder, compiled as the gateway does. */
export function stationOf(name: string, stations = `${FOLDER}stations/`): StationMap {
  const { map, faults } = compileMap(readYamlFile(`${stations}${name}.yaml`, FOLDER), {
    ...knownHardware(),
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables(FOLDER, '/'),
    folder: FOLDER,
  })
  if (!map || !isStationMap(map)) throw new Error(faults.map(faultText).join('\n'))
  return map
}

/** `0s B1001<CR>`: a time, and what comes from the port then. */
function asStep(step: string | Step): Step {
  if (typeof step !== 'string') return step
  const [, at = '', bytes = ''] = /^(\S+)(?: (.*))?$/s.exec(step) ?? []
  return { at, bytes }
}

function bytesOf({ hex, bytes = '' }: Step): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const text = bytes.replaceAll(/<([A-Z]+)>/g, (whole, name: string) =>
    name in ASCII ? String.fromCharCode(ASCII[name as keyof typeof ASCII]) : whole,
  )
  return Buffer.from(text, 'utf8')
}

function standingOf(map: StationMap, machine: Partial<MachineStanding> | null = {}): MachineStanding | null {
  if (machine === null || map.station.machine === null) return null
  const running = { status: 'running', workOrder: null, reasonFor: null, declared: null } as const
  return { machine: map.station.machine, ...running, ...machine }
}

function masterDataOf({ badges, codes, shiftEnds }: Known): MasterData {
  return {
    holderOf: async (employeeCode) => {
      const holder = badges[employeeCode] ?? 'no active user of this plant has it'
      const badge = `hash of ${employeeCode.length} characters`
      return typeof holder === 'number'
        ? { badge, operator: holder, why: null }
        : { badge, operator: null, why: holder }
    },
    find: async (lookup) => found(codes, lookup),
    shiftEndMs: (atMs) => {
      const endMs = START_MS + msOf(shiftEnds ?? '0s')
      return shiftEnds !== null && atMs < endMs ? endMs : null
    },
  }
}

function found(codes: readonly KnownCode[], { places, code }: Lookup): LookupResult {
  for (const { table, column } of places) {
    const [first, second] = codes.filter((one) => one.in === `${table}.${column}` && one.code === code)
    if (second) return { kind: 'many' }
    if (!first) continue
    const { type, id, name, state } = first
    return { kind: 'one', reference: { type, id, code: name ?? code, state: state ?? null } }
  }
  return { kind: 'unknown' }
}

function outcomeOf({ events, answers, learnt, subject }: StationPlay): CaseOutcome {
  const scans = events.filter((event): event is Scan => event.kind === 'scan')
  const { operator, workOrders, held, refused } = subject.health().summary
  return {
    rows: events.map(rowText),
    answers: answers.map(answerText),
    learns: learnt.flatMap(({ context, wallMs }) =>
      contextText(context).map((text) => `${when(wallMs)} ${text}`),
    ),
    after: {
      operator,
      orders: workOrders.map(({ workOrder, standing }) => `${workOrder} ${standing}`),
      held,
      notStored: Object.fromEntries(refused.map(({ why, count }) => [why, count])),
    },
    fields: scans.map(({ fields }) => fields),
    places: scans.map(({ plant, location, machine }) => [plant, location, machine].join(' / ')),
  }
}

/** `3s work_order_start !START by 7 for 4711, is work_order 31, marked no_aim` */
function rowText(event: Event): string {
  const at = when(Date.parse(event.at))
  if (event.kind === 'scan.undone') return `${at} is undone by ${(event as ScanUndone).operator}`
  const { data, scanType, operator, workOrder, reference, marks, fields, aimId } = event as Scan
  const refers = reference?.known
    ? `, is ${reference.known.type} ${reference.known.id}`
    : reference && `, to be found: ${shown(reference.code)}`
  return [
    `${at} ${scanType} ${shown(data)} by ${operator}`,
    workOrder === null ? '' : ` for ${workOrder}`,
    fields.label_at === undefined
      ? ''
      : `, ${fields.label_part} of the label of ${when(Date.parse(fields.label_at))}`,
    refers ?? '',
    aimId === null ? '' : `, with ${aimId}`,
    marks.length === 0 ? '' : `, marked ${marks.join(' ')}`,
  ].join('')
}

function answerText({ verdict, why, wallMs }: Answered): string {
  return `${when(wallMs)} ${verdict === 'bad' ? `bad: ${why}` : verdict}`
}

function contextText({ operator, workOrder, reason, declared }: Context): readonly string[] {
  return [
    workOrder === undefined ? [] : [`order ${workOrder ?? 'none'}, operator ${operator}`],
    workOrder === undefined && operator !== undefined && declared === undefined
      ? [`operator ${operator ?? 'none'}`]
      : [],
    reason
      ? [
          `reason ${reason.code} (${reason.category}) by ${reason.operator}${reason.isNewStop ? ', a new stop' : ''}`,
        ]
      : [],
    declared ? [`${declared.status} because of ${declared.reason} by ${declared.operator}`] : [],
    declared === null ? [`released by ${operator}`] : [],
  ].flat()
}

/** Control characters by their names. */
function shown(data: string): string {
  const names = Object.entries(ASCII).map(([name, byte]) => [String.fromCharCode(byte), name] as const)
  return names.reduce((text, [character, name]) => text.replaceAll(character, `<${name}>`), data)
}

const UNITS = { h: 3_600_000, m: 60_000, s: 1_000 } as const

/** `1h`, `30m`, `1m0.5s`, `-90s` */
function msOf(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)]
  if (parts.length === 0) throw new Error(`${text} is no time`)
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS],
    0,
  )
  return Math.round(ms) * (text.startsWith('-') ? -1 : 1)
}

/** A moment of the wall clock, since the start of the case. */
function when(wallMs: number): string {
  const ms = wallMs - START_MS
  if (ms < 0) return `-${when(START_MS - ms)}`
  const [hours, minutes] = [Math.floor(ms / UNITS.h), Math.floor((ms % UNITS.h) / UNITS.m)]
  const seconds = (ms % UNITS.m) / 1_000
  return [hours && `${hours}h`, minutes && `${minutes}m`, (seconds || !(hours || minutes)) && `${seconds}s`]
    .filter(Boolean)
    .join('')
}
