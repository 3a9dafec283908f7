/** A map as somebody puts it together, before it is a text: everything by the keys that a map has. */

/** What may stand behind a key. */
type MapValue = string | number | boolean | readonly MapValue[] | { readonly [key: string]: MapValue }

/** Keys of a map, or of a part of it. */
export type MapKeys = Readonly<Record<string, MapValue>>

/** One signal, and what is said behind it. */
export interface DraftSignal {
  readonly name: string
  readonly keys: MapKeys
  readonly about?: string | undefined
}

/** One rule, and what is said behind it. */
export interface DraftRule {
  /** Without it, `else: true`. */
  readonly when?: Readonly<Record<string, unknown>> | undefined
  readonly is: string
  readonly reason?: string | undefined
  readonly category?: string | undefined
  readonly for?: string | undefined
  readonly about?: string | undefined
}

export interface MapDraft {
  readonly machine: string
  readonly about?: string | undefined
  /** The keys below `device:`, with `profile`, `variant` and `with`, which stand beside it. */
  readonly device: MapKeys
  readonly signals: readonly DraftSignal[]
  readonly status: readonly DraftRule[]
  /** Tables of fault codes, by signal. */
  readonly reasons?: Readonly<Record<string, Readonly<Record<string, MapKeys>>>> | undefined
  /** Other keys of the map, such as `pulse` and `stops`. */
  readonly others: Readonly<Record<string, unknown>>
  readonly isShadow: boolean
}

/** The keys that name a profile stand beside `device:`. */
const PROFILE_KEYS = ['profile', 'variant', 'with'] as const

export function splitDevice(device: MapKeys): { readonly head: MapKeys; readonly device: MapKeys } {
  const isHead = ([key]: readonly [string, MapValue]) => PROFILE_KEYS.some((one) => one === key)
  const entries = Object.entries(device)
  return {
    head: Object.fromEntries(
      PROFILE_KEYS.flatMap((key) => (device[key] === undefined ? [] : [[key, device[key]]])),
    ),
    device: Object.fromEntries(entries.filter((entry) => !isHead(entry))),
  }
}

/** A rule as the map has it, its keys in the order in which technicians read them. */
export function ruleKeys({
  when,
  is,
  reason,
  category,
  for: lasting,
}: DraftRule): Readonly<Record<string, unknown>> {
  return {
    ...(when === undefined ? { else: true } : { when }),
    is,
    ...(reason !== undefined && { reason }),
    ...(category !== undefined && { category }),
    ...(lasting !== undefined && { for: lasting }),
  }
}

/** `PRESS-07` is described by `press-07.yaml`. */
export function fileFor(machine: string): string {
  const name = machine
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
  return `${name === '' ? 'machine' : name}.yaml`
}
