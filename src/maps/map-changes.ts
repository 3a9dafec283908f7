/** What another version of a map changes, in words for whoever saved its file: `2 signals changed: state, fault; rule 3 added`. */
import type { Device } from '../domain/device.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { isMachineMap, type SubjectMap } from './map-kind.ts'

/** What the parts of a machine's map are called in its file, where that is not their own name. */
const WORDS: Readonly<Record<string, string>> = {
  transient: 'transient states',
  perceived: 'lights and pulses',
  faults: 'codes and their reasons',
  workOrderSignal: 'signal of the work order',
  eventsFor: 'events_for',
  onCommLoss: 'on_comm_loss',
  exitAfter: 'exit_after',
}
/** What has words of its own, or says nothing by itself. */
const SAID_OTHERWISE: readonly string[] = [
  'version',
  'file',
  'devices',
  'rules',
  'relevantSignals',
  'isShadow',
]

/** Empty where nothing changes that the gateway goes by: comments, the order of lines. */
export function changesBetween(before: SubjectMap, now: SubjectMap): string {
  const isOfMachine = isMachineMap(before) && isMachineMap(now)
  const words = isOfMachine ? machineChanges(before, now) : partChanges(before, now)
  const moved = before.file === now.file ? [] : [`its file is ${now.file} now`]
  return [...words, ...moved].join('; ')
}

function machineChanges(before: MachineMap, now: MachineMap): readonly string[] {
  return [
    ...deviceChanges(before.devices, now.devices),
    ...listed('signal', compared(signalsOf(before), signalsOf(now))),
    ...ruleChanges(before.rules, now.rules),
    ...partChanges(before, now),
    ...shadowChange(before, now),
  ]
}

function shadowChange(before: MachineMap, now: MachineMap): readonly string[] {
  if (before.isShadow === now.isShadow) return []
  return now.isShadow
    ? ['in shadow from now on: nothing of it is stored or sent']
    : ['out of the shadow: its rows are stored and sent from now on']
}

/** Everything else, by the names of its keys. */
function partChanges(before: object, now: object): readonly string[] {
  const parts = compared(partsOf(before), partsOf(now))
  const names = [...parts.added, ...parts.changed, ...parts.removed].map((key) => WORDS[key] ?? key)
  return names.length === 0 ? [] : [`${names.join(', ')} changed`]
}

function partsOf(map: object): ReadonlyMap<string, string> {
  const entries = Object.entries(map).filter(([key]) => !SAID_OTHERWISE.includes(key))
  return new Map(entries.map(([key, value]) => [key, written(value)]))
}

/** Of a connection only the keys are named: a value may be nobody else's business. */
function deviceChanges(before: readonly Device[], now: readonly Device[]): readonly string[] {
  const names = compared(connectionsOf(before), connectionsOf(now))
  const changed = names.changed.map((id) => {
    const [old, present] = [before, now].map((all) => settingsOf(all.find((device) => device.id === id)))
    const keys = compared(old ?? new Map(), present ?? new Map())
    return `connection of ${id} changed: ${[...keys.changed, ...keys.added, ...keys.removed].join(', ')}`
  })
  return [...changed, ...listed('device', { ...names, changed: [] })]
}

function connectionsOf(devices: readonly Device[]): ReadonlyMap<string, string> {
  return new Map(devices.map((device) => [device.id, written([...settingsOf(device)])]))
}

function settingsOf(device: Device | undefined): ReadonlyMap<string, string> {
  if (!device) return new Map()
  const { protocol, pollMs, settings } = device
  const keys = Object.entries({ driver: protocol, poll: pollMs, ...(settings as object) })
  return new Map(keys.map(([key, value]) => [key, written(value)]))
}

function signalsOf({ devices }: MachineMap): ReadonlyMap<string, string> {
  return new Map(
    devices.flatMap(({ id, signals }) =>
      signals.map((signal) => [signal.name, written({ id, signal })] as const),
    ),
  )
}

/** Rules have no names, and are counted from 1: those that are the same at both ends stayed, and those between are compared in turn. */
function ruleChanges(before: readonly unknown[], now: readonly unknown[]): readonly string[] {
  const [old, present] = [before.map(written), now.map(written)]
  let start = 0
  while (start < Math.min(old.length, present.length) && old[start] === present[start]) start += 1
  let end = 0
  const isSameAtEnd = () => old[old.length - 1 - end] === present[present.length - 1 - end]
  while (end < Math.min(old.length, present.length) - start && isSameAtEnd()) end += 1
  const [gone, come] = [old.length - start - end, present.length - start - end]
  const both = Math.min(gone, come)
  return [
    ...numbered(start, both, 'changed'),
    ...numbered(start + both, come - both, 'added'),
    ...numbered(start + both, gone - both, 'removed'),
  ]
}

/** `rule 3 added`, `rules 3 to 5 changed` */
function numbered(from: number, count: number, what: string): readonly string[] {
  if (count === 0) return []
  return [count === 1 ? `rule ${from + 1} ${what}` : `rules ${from + 1} to ${from + count} ${what}`]
}

interface Compared {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

function compared(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): Compared {
  return {
    added: [...now.keys()].filter((key) => !before.has(key)),
    changed: [...now.keys()].filter((key) => before.has(key) && before.get(key) !== now.get(key)),
    removed: [...before.keys()].filter((key) => !now.has(key)),
  }
}

/** More names are only counted. */
const NAMES_MAX = 10

/** `2 signals changed: state, fault` */
function listed(noun: string, { changed, added, removed }: Compared): readonly string[] {
  const kinds = [
    ['changed', changed],
    ['added', added],
    ['removed', removed],
  ] as const
  return kinds
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => {
      const more = names.length > NAMES_MAX ? [`and ${names.length - NAMES_MAX} more`] : []
      const shown = [...names.slice(0, NAMES_MAX), ...more].join(', ')
      return `${names.length} ${noun}${names.length === 1 ? '' : 's'} ${what}: ${shown}`
    })
}

/** Patterns are the text that they are; whole numbers of 64 bits are texts. */
function written(value: unknown): string {
  return JSON.stringify(value, (_, inside: unknown) =>
    inside instanceof RegExp || typeof inside === 'bigint' ? String(inside) : inside,
  )
}
