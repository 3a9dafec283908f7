/** Labels that have several barcodes: all of them are stored together once the last one was scanned. */
import { type Instant, utcText } from '../../domain/instant.ts'
import type { RuleMeaning } from '../../domain/station-map.ts'
import { countRefused, done, held, type Outcome, refused, type Turn } from './outcome.ts'
import { hasCounted } from './repeats.ts'
import { sinceMs } from './since.ts'
import type { Label, TakenScan } from './station-state.ts'
import { plainRow, stampAfter, storeRows } from './store-rows.ts'

type PartMeaning = Extract<RuleMeaning, { readonly kind: 'part' }>

/**
 * One barcode of a label. Where it belongs to another label than those before it, all of them are given up: nobody could say
 * afterwards which parts stood on one label.
 */
export function takePart(turn: Turn, meaning: PartMeaning): Outcome {
  const { state, scan, map, now } = turn
  const isOther = state.label !== null && belongsElsewhere(state.label, scan, meaning)
  if (state.label && isOther && !state.label.isRepeat) {
    const counted = countRefused({ ...state, label: null }, 'label_mixed', now, state.label.parts.length)
    return refused(counted, 'label_mixed', now)
  }
  const before = isOther ? null : state.label
  const parts = before?.parts ?? []
  const isThere = parts.some((part) => part.code.data === scan.code.data)
  const isRepeat = (before?.isRepeat ?? true) && hasCounted(state.recent, scan, map.payload.dedupeMs)
  const label: Label = { parts: isThere ? parts : [...parts, scan], isRepeat }
  if (label.parts.length < meaning.collect.length) return stillMissing(turn, label, meaning)
  return isRepeat ? done({ ...state, label: null }) : storeLabel(turn, label.parts)
}

/** How long a label may still take; undefined where no part of one was scanned. */
export function labelLeftMs(label: Label | null, now: Instant): number | undefined {
  const first = label?.parts[0]
  const meaning = first && meaningOf(first)
  return first && meaning ? meaning.withinMs - sinceMs(first.at, now) : undefined
}

/** A part that counted just now may be read once more; it may also be the first one of the next label, so it is kept. */
function stillMissing({ state }: Turn, label: Label, { collect }: PartMeaning): Outcome {
  if (label.isRepeat) return done({ ...state, label })
  const there = label.parts.map((part) => meaningOf(part)?.part)
  const missing = collect.filter((part) => !there.includes(part))
  return held({ ...state, label }, `the label still lacks ${missing.join(', ')}`)
}

/** Rows of one label are known by the moment of its first row. */
function storeLabel(turn: Turn, parts: readonly TakenScan[]): Outcome {
  const { state, scan } = turn
  const label = utcText(stampAfter(state.lastStampMs, parts[0] ?? scan))
  const rows = parts.map((part) => ({
    ...plainRow({ ...turn, scan: part }),
    fields: { label_part: meaningOf(part)?.part ?? '', label_at: label },
  }))
  return storeRows({ ...turn, state: { ...state, label: null } }, rows)
}

/** Another code for a part that is there already, a part of another kind of label, or one that comes too late. */
function belongsElsewhere({ parts }: Label, scan: TakenScan, { part }: PartMeaning): boolean {
  const [first] = parts
  const same = parts.find((one) => meaningOf(one)?.part === part)
  if (same && same.code.data !== scan.code.data) return true
  return first !== undefined && !isOneLabel(first, scan)
}

function isOneLabel(first: TakenScan, scan: TakenScan): boolean {
  const [before, meaning] = [meaningOf(first), meaningOf(scan)]
  const isSameKind = before?.collect.join() === meaning?.collect.join()
  return isSameKind && sinceMs(first.at, scan.at) < (before?.withinMs ?? 0)
}

function meaningOf({ code: { meaning } }: TakenScan): PartMeaning | undefined {
  return meaning.kind === 'part' ? meaning : undefined
}
