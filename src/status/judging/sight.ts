/**
 * The one definition of sight: what the rules say of what is held now, and up to when the devices have shown it whose signals
 * the rules read. No other device counts. A device that has said nothing for longer than `on_comm_loss.after` is out of sight.
 */
import { earlierOf, elapsedMs, type Instant } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { Draft } from '../draft.ts'
import type { Held } from '../view.ts'
import { decide, isTransient } from './rules.ts'

/**
 * What is seen of a machine:
 * `rule`: a rule matches;
 * `transient`: the machine shows a transient state, and its open interval goes on;
 * `unproven`: a rule matches, and a heartbeat has only been read so far: whether anything changes is not known yet;
 * `undecided`: what is needed to decide is missing, not good or out of contact;
 * `frozen`: its devices answer, and a heartbeat of theirs does not change.
 */
export type MachineSight =
  | (InSight & { readonly kind: 'rule'; readonly rule: StatusRule })
  | (InSight & { readonly kind: 'transient' })
  | { readonly kind: 'unproven'; readonly rule: StatusRule; readonly signal: string }
  | { readonly kind: 'undecided' }
  /** `lastBeat` is null where it has not changed since the machine is watched. */
  | { readonly kind: 'frozen'; readonly signal: string; readonly lastBeat: Instant | null }

/** What sight is worked out from. */
export type Watched = Pick<Draft, 'map' | 'view' | 'state'>

interface InSight {
  /** Everything that was shown up to this moment has been taken in. */
  readonly upTo: Instant
  /** Up to when the devices were in contact: later, where it shows only in time what a signal is. */
  readonly contactTo: Instant
  /** When the last heartbeat came that proves it; null where the map names none for these devices. */
  readonly lastBeat: Instant | null
}

/** What is seen of the machine at a moment. */
export function sightAt(draft: Watched, at: Instant): MachineSight {
  const values = valuesInSight(draft, at)
  const { transient } = draft.map
  if (transient && isPassing(draft, at)) {
    const inSight = inSightOf(draft, [transient.signal], values)
    if (inSight.kind !== 'seen' || goesOn(draft, at)) return sightOr(inSight, { kind: 'transient' })
    return { kind: 'undecided' }
  }
  const verdict = decide(draft.map, values)
  if (verdict.kind === 'undecided') return verdict
  return sightOr(inSightOf(draft, verdict.read, values), { kind: 'rule', rule: verdict.rule })
}

/** Whether anything is known of the machine at this moment. */
export function isInSight({ kind }: MachineSight): boolean {
  return kind === 'rule' || kind === 'transient'
}

type Contact =
  | (InSight & { readonly kind: 'seen' })
  | { readonly kind: 'unproven'; readonly signal: string }
  | Extract<MachineSight, { kind: 'frozen' | 'undecided' }>

function sightOr(
  contact: Contact,
  seen: { readonly kind: 'rule'; readonly rule: StatusRule } | { readonly kind: 'transient' },
): MachineSight {
  if (contact.kind === 'unproven') {
    const { kind, signal } = contact
    return seen.kind === 'rule' ? { kind, signal, rule: seen.rule } : { kind: 'undecided' }
  }
  if (contact.kind !== 'seen') return contact
  const { upTo, contactTo, lastBeat } = contact
  return { ...seen, upTo, contactTo, lastBeat }
}

/** The values of devices that have shown everything up to recently; the same object while that is true of all. */
export function valuesInSight({ map, view }: Watched, at: Instant): Readonly<Record<string, Held>> {
  const isRecent = (contact: Instant) => elapsedMs(contact, at) <= map.onCommLoss.afterMs
  if (Object.values(view.contacts).every(isRecent)) return view.values
  const recent = Object.entries(view.values).filter(([, { device }]) => {
    const contact = view.contacts[device]
    return contact !== undefined && isRecent(contact)
  })
  return Object.fromEntries(recent)
}

/** Up to when the devices were seen that show these signals, judged by their heartbeats too. */
function inSightOf(draft: Watched, read: readonly string[], values: Readonly<Record<string, Held>>): Contact {
  const { map, view } = draft
  const devices = devicesOf(read, values, view)
  let contactTo: Instant | undefined
  for (const device of devices) {
    const contact = view.contacts[device]
    if (contact) contactTo = contactTo ? earlierOf(contactTo, contact) : contact
  }
  if (!contactTo) return { kind: 'undecided' }
  const upTo = view.takenTo ? earlierOf(contactTo, view.takenTo) : contactTo
  let lastBeat: Instant | null = null
  for (const { signal, staleAfterMs } of map.heartbeats) {
    if (!isOfDevice(draft, signal, devices)) continue
    const beat = view.beats[signal]
    const at = beat?.at ?? null
    const provenAt = at ?? beat?.readAt
    if (!provenAt || elapsedMs(provenAt, upTo) > staleAfterMs) return { kind: 'frozen', signal, lastBeat: at }
    if (!at) return { kind: 'unproven', signal }
    lastBeat = lastBeat ? earlierOf(lastBeat, at) : at
  }
  return { kind: 'seen', upTo, contactTo, lastBeat }
}

/** Each device that shows one of these signals, once. It is asked for in each poll, so that it makes no lists but its own. */
function devicesOf(
  read: readonly string[],
  values: Readonly<Record<string, Held>>,
  { contacts }: Watched['view'],
): readonly string[] {
  const devices: string[] = []
  for (const signal of read) {
    const device = values[signal]?.device
    if (device !== undefined && !devices.includes(device)) devices.push(device)
  }
  // Rules that read no signal at all hold as long as anything is in contact.
  return devices.length > 0 ? devices : Object.keys(contacts)
}

function isOfDevice({ map }: Watched, signal: string, devices: readonly string[]): boolean {
  return map.devices.some(
    ({ id, signals }) => devices.includes(id) && signals.some(({ name }) => name === signal),
  )
}

/** Whether the machine shows a transient state, and not for longer than the map allows. */
function isPassing({ map, view, state: { transientSince } }: Watched, at: Instant): boolean {
  if (transientSince === null || !isTransient(map, view.values)) return false
  return elapsedMs(transientSince, at) <= (map.transient?.maxMs ?? 0)
}

/**
 * Whether the open interval went on up to now, short interruptions included. Where none could go on, a machine in a transient
 * state is known only with the next state that lasts.
 */
function goesOn({ map, state: { phase, lastSeen } }: Watched, at: Instant): boolean {
  return phase.kind === 'seen' && lastSeen !== null && elapsedMs(lastSeen, at) <= map.onCommLoss.afterMs
}
