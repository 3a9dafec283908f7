/** Cases of a machine's status as data: a device map, what the machine shows over time, and the rows that must come of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { interpret } from '../../../src/domain/interpret.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { SignalSpec, SignalValue } from '../../../src/domain/signal.ts'
import type { Category, DerivedStatus } from '../../../src/domain/status.ts'
import { Play } from '../play.ts'
import { compiledMap } from './compiled-map.ts'
import { turnsOf } from './plant.ts'
import { duration, readTrace, type TraceStep } from './trace.ts'

const FOLDER = fileURLToPath(new URL('../../cases/status/', import.meta.url))
/** `users.id` of the operator who scans at the machine. */
const OPERATOR = 1
/** Where no step of the trace says `end`. */
const REST_MS = 0

/** One folder of test/cases/status. */
export interface StatusCase {
  readonly name: string
  /** The first line of its trace, which says in a sentence what a plant sees. */
  readonly sees: string
  /** As case-rows.ts writes them. */
  readonly rows: readonly string[]
  /** `06:10:00 says later=102`: what the notes of a row in central contain. */
  readonly notes: readonly { readonly at: string; readonly says: string }[]
}

/** All of them by name. */
export function statusCases(): readonly StatusCase[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readCase(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function readCase(name: string): StatusCase {
  const lines = textOf(name, 'rows.txt')
    .split('\n')
    .map((line) => line.replace(/\s*#.*$/, '').trim())
  const written = lines.filter((line) => line !== '')
  return {
    name,
    sees: (textOf(name, 'trace.txt').split('\n')[0] ?? '').replace(/^# /, ''),
    rows: written.filter((line) => !line.includes(' says ')),
    notes: written.flatMap((line) => {
      const [at = '', says] = line.split(' says ')
      return says === undefined ? [] : [{ at, says }]
    }),
  }
}

function textOf(name: string, file: string): string {
  return readFileSync(join(FOLDER, name, file), 'utf8')
}

/** Plays a case through the compiler and the pipeline. @throws Error with the faults of a map that is not good */
export function playCase({ name }: StatusCase): Play {
  const map = compiledMap(join(FOLDER, name, 'map.yaml'))
  const steps = readTrace(textOf(name, 'trace.txt'))
  const [first] = steps
  if (!first) throw new Error(`${name}: its trace is empty`)
  const play = new Play(map, first.atMs)
  const player = new CasePlayer(play, map, first.atMs)
  for (const step of steps) player.take(step)
  play.watch(REST_MS)
  return play
}

class CasePlayer {
  readonly #play: Play
  readonly #specs: ReadonlyMap<string, SignalSpec>
  readonly #startMs: number
  #raw: Readonly<Record<string, string>> = {}
  /** Set while no gateway runs. */
  #endedMs: number | undefined
  #how: 'stop' | 'kill' | 'power' = 'stop'
  /** Set while a cable is out. */
  #cutMs: number | undefined
  #isTold = true

  constructor(play: Play, { devices }: MachineMap, startMs: number) {
    this.#play = play
    this.#startMs = startMs
    this.#specs = new Map(
      devices.flatMap(({ signals }) => signals.map((signal) => [signal.name, signal] as const)),
    )
  }

  take({ atMs, words, ...step }: TraceStep): void {
    const [word, ...rest] = words
    const values = this.#counted(step.values)
    if (word === 'plant') {
      this.#play.plan(turnsOf(values, this.#startMs))
      return
    }
    this.#raw = { ...this.#raw, ...values }
    if (this.#endedMs !== undefined) {
      if (word === 'start') this.#start(atMs, rest)
      return
    }
    if (this.#cutMs !== undefined) {
      if (word === 'back') this.#back(atMs)
      return
    }
    this.#play.watch((atMs - this.#startMs - this.#play.livedMs) / 1_000)
    if (word === '~') this.#play.live(this.#values(values), 0)
    else if (Object.keys(values).length > 0) this.#play.show(this.#values(values), 0)
    if (word !== undefined && word !== '~') this.#do(word, rest, atMs)
  }

  /** `good+=1`: so much more than before. */
  #counted(values: TraceStep['values']): TraceStep['values'] {
    const entries = Object.entries(values).map(([key, text]) => {
      if (!key.endsWith('+')) return [key, text] as const
      const signal = key.slice(0, -1)
      return [signal, String(Number(this.#raw[signal] ?? 0) + Number(text))] as const
    })
    return Object.fromEntries(entries)
  }

  #do(word: string, rest: readonly string[], atMs: number): void {
    const [one = '', two = ''] = rest
    switch (word) {
      case 'end':
        return
      case 'stop':
      case 'kill':
      case 'power':
        this.#endedMs = atMs
        this.#how = word
        return
      case 'cut':
      case 'silent':
        this.#cutMs = atMs
        this.#isTold = word === 'cut'
        return
      case 'bad':
        this.#play.show(this.#values(pick(this.#raw, rest)), 0, 'bad')
        return
      case 'reason': {
        const isNewStop = rest.includes('split')
        const category = (two === '' || two === 'split' ? null : two) as Category | null
        this.#play.say({ operator: OPERATOR, reason: { code: one, category, operator: OPERATOR, isNewStop } })
        return
      }
      case 'declare':
        this.#play.say({
          operator: OPERATOR,
          declared: { status: one as DerivedStatus, reason: two, operator: OPERATOR },
        })
        return
      case 'release':
        this.#play.say({ operator: OPERATOR, declared: null })
        return
      case 'order':
        this.#play.say({ operator: OPERATOR, workOrder: one === 'none' ? null : one })
        return
      case 'out-of-service':
      case 'in-service':
        this.#play.service(word === 'in-service')
        return
      case 'clock':
        this.#play.stepWallClock(duration(one) / 1_000)
        return
      default:
        throw new Error(`a trace knows no "${word}"`)
    }
  }

  #start(atMs: number, rest: readonly string[]): void {
    const seconds = (atMs - (this.#endedMs ?? atMs)) / 1_000
    this.#endedMs = undefined
    const reboot = rest.includes('rebooted')
    this.#play.restart(seconds, this.#values(this.#raw), { how: this.#how, ...(reboot ? { reboot } : {}) })
  }

  #back(atMs: number): void {
    const seconds = (atMs - (this.#cutMs ?? atMs)) / 1_000
    this.#cutMs = undefined
    this.#play.cut(seconds, this.#values(this.#raw), { isTold: this.#isTold })
  }

  #values(raw: Readonly<Record<string, string>>): Readonly<Record<string, SignalValue>> {
    return Object.fromEntries(
      Object.entries(raw).map(([signal, text]) => [signal, this.#value(signal, text)]),
    )
  }

  #value(signal: string, text: string): SignalValue {
    const spec = this.#specs.get(signal)
    if (!spec) throw new Error(`the map has no signal "${signal}"`)
    return interpret(rawValue(text, spec), spec).value
  }
}

function pick(
  all: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, all[name] ?? '0']))
}

function rawValue(text: string, { type }: SignalSpec): SignalValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (type === 'string') return text.replaceAll('_', ' ')
  const number = Number(text)
  return Number.isNaN(number) ? text.replaceAll('_', ' ') : number
}
