/** The map that follows from what was entered, and the file that it goes into. */
import type { MadeMap, MapAsk } from '../../../../src/api/connect/map-shapes.ts'
import type { PlantMachines, SignalDraft } from '../../../../src/api/connect/shapes.ts'
import type { FileText } from '../../../../src/api/maps/shapes.ts'
import { CallError, get, post } from '../../api/client.ts'
import { deviceKeys } from './device-keys.ts'
import type { ConnectDraft } from './draft.ts'

/** A map that can be saved, and what has to be sent along. */
export interface ReviewedMap {
  readonly file: string
  readonly text: string
  /** The hash of the file that is there already; null: there is none. */
  readonly read: string | null
  /** Why nothing can be saved in the folder, and what to do. */
  readonly unwritable: FileText['not_writable']
  /** What it was made of, for a change by hand. */
  readonly madeOf: string
}

/** Asks for the text. One that is there keeps its comments and its order; what was changed by hand stays as far as it can. */
export async function reviewMap(draft: ConnectDraft, signal: AbortSignal): Promise<ReviewedMap> {
  const ask = askOf(draft)
  const madeOf = JSON.stringify(ask)
  const isStillOwn = draft.own?.madeOf === madeOf
  const made = await post<MadeMap>('/connect/map', ask, signal)
  const file = (await fileOf(draft.machine.trim(), signal)) ?? made.file
  const present = await fileThere(file, signal)
  const rest = { file, read: present?.hash ?? null, unwritable: present?.not_writable ?? null, madeOf }
  if (draft.own && isStillOwn) return { ...rest, text: draft.own.text }
  const before = draft.own?.text ?? present?.text
  if (before === undefined) return { ...rest, text: made.text }
  const merged = await post<MadeMap>('/connect/map', { ...ask, present: { text: before } }, signal)
  return { ...rest, text: merged.text }
}

function askOf(draft: ConnectDraft): MapAsk {
  const { machine, rules, proposal, isShadow } = draft
  return {
    machine: machine.trim(),
    device: deviceKeys(draft),
    signals: [...signalsOf(draft)],
    status: [...rules],
    others: proposal?.others ?? {},
    is_shadow: isShadow,
  }
}

/** Those that the rules need as they were proposed, with names for their values, and all others that were taken. */
function signalsOf({ signals, proposal }: ConnectDraft): readonly SignalDraft[] {
  const proposed = proposal?.signals ?? []
  const names = new Set(proposed.map(({ name }) => name))
  return [
    ...proposed,
    ...signals.map(({ signal }) => withoutLine(signal)).filter(({ name }) => !names.has(name)),
  ]
}

function withoutLine({ name, keys, about }: SignalDraft): SignalDraft {
  return { name, keys, ...(about && { about }) }
}

/** The file of the map that the machine has already. */
async function fileOf(machine: string, signal: AbortSignal): Promise<string | undefined> {
  const { machines } = await get<PlantMachines>('/connect/machines', {}, signal)
  return machines.find(({ code }) => code === machine)?.map_file?.replace(/^.*\//, '')
}

async function fileThere(file: string, signal: AbortSignal): Promise<FileText | undefined> {
  try {
    return await get<FileText>(`/maps/${encodeURIComponent(file)}`, {}, signal)
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return undefined
    throw error
  }
}
