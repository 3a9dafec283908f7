/**
 * What has been entered so far, on all steps. It stays in the browser's session storage: a phone in a pocket, a page that is loaded
 * again and a connection that breaks off lose nothing of it.
 */
import { effect, signal } from '@preact/signals'
import type { ProbeVerdict, SignalDraft } from '../../../../src/api/connect/shapes.ts'
import type { RuleDraft, TeachProposal } from '../../../../src/api/connect/teach-shapes.ts'

/** How the device is spoken to. */
export type Driver = 'modbus-tcp' | 'modbus-rtu-over-tcp' | 'modbus-rtu' | 'opcua' | 'mqtt'

/** A make of device that the gateway knows. */
export interface ChosenProfile {
  readonly name: string
  readonly variant: string | null
  readonly with: Readonly<Record<string, string>>
}

/** A signal that was taken into the map. */
export interface ChosenSignal {
  readonly signal: SignalDraft
  /** What it showed when it was taken. */
  readonly shown: string | null
}

export interface ConnectDraft {
  readonly driver: Driver | null
  readonly profile: ChosenProfile | null
  /** The keys below `device:`, as they were typed. */
  readonly fields: Readonly<Record<string, string>>
  /** Other keys below `device:`, a line each: `word_order: CDAB`. */
  readonly moreKeys: string
  /** What was found at the address, and at which. */
  readonly probed: { readonly device: string; readonly verdict: ProbeVerdict } | null
  readonly signals: readonly ChosenSignal[]
  /** What was typed last to be read, and what the display showed. */
  readonly address: string
  readonly shows: string
  /** Registers that are watched in the teach-in, whatever they mean. */
  readonly scan: string
  readonly seconds: string
  /** The teach-in that goes on, by its id. */
  readonly teach: string | null
  readonly proposal: TeachProposal | null
  /** The rules as proposed, and changed since. */
  readonly rules: readonly RuleDraft[]
  readonly machine: string
  readonly isShadow: boolean
  /** The text of the map where it was changed by hand, and what it was made of then. */
  readonly own: { readonly text: string; readonly madeOf: string } | null
  /** The file that was saved. */
  readonly saved: { readonly file: string; readonly at: string } | null
}

const EMPTY: ConnectDraft = {
  driver: null,
  profile: null,
  fields: {},
  moreKeys: '',
  probed: null,
  signals: [],
  address: '',
  shows: '',
  scan: '',
  seconds: '10',
  teach: null,
  proposal: null,
  rules: [],
  machine: '',
  isShadow: true,
  own: null,
  saved: null,
}
const KEPT = 'millrace.connect'

const state = signal<ConnectDraft>(kept())
effect(() => sessionStorage.setItem(KEPT, JSON.stringify(state.value)))

/** Drawn again when it changes. */
export function draft(): ConnectDraft {
  return state.value
}

export function change(news: Partial<ConnectDraft>): void {
  state.value = { ...state.value, ...news }
}

/** One key of the device, as it is typed. */
export function changeField(key: string, value: string): void {
  change({ fields: { ...state.peek().fields, [key]: value } })
}

/** Takes signals in; one of the same name gets a number behind it. */
export function takeSignals(taken: readonly ChosenSignal[]): void {
  const all = [...state.peek().signals]
  for (const { signal, shown } of taken) {
    const name = freeName(signal.name, all)
    all.push({ signal: { ...signal, name }, shown })
  }
  change({ signals: all })
}

/** Whether a signal of this address is in the map already. */
export function isTaken({ keys }: SignalDraft): boolean {
  const place = placeOf(keys)
  return state.value.signals.some(({ signal: { keys: taken } }) => placeOf(taken) === place)
}

/** Begins with nothing. */
export function startAnew(): void {
  state.value = EMPTY
}

function placeOf({ at, node, topic, path, metric }: SignalDraft['keys']): string {
  return JSON.stringify([at, node, topic, path, metric])
}

function freeName(wanted: string, among: readonly ChosenSignal[]): string {
  const names = new Set(among.map(({ signal: { name } }) => name))
  if (!names.has(wanted)) return wanted
  for (let number = 2; ; number += 1) if (!names.has(`${wanted}_${number}`)) return `${wanted}_${number}`
}

function kept(): ConnectDraft {
  try {
    return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(KEPT) ?? '{}') as Partial<ConnectDraft>) }
  } catch {
    return EMPTY
  }
}
