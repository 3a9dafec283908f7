/** Labels that have several barcodes: all of them are stored together once the last one was scanned. */
import { elapsedMs, utcText } from '../domain/instant.ts'
import type { RuleMeaning } from '../domain/station-map.ts'
import { countRefused, held, type Outcome, refused, type Turn } from './outcome.ts'
import type { TakenScan } from './station-state.ts'
import { plainRow, storeRows } from './store-rows.ts'

type PartMeaning = Extract<RuleMeaning, { readonly kind: 'part' }>

/**
 * One barcode of a label. Where it belongs to another label than those before it, all of them are given up: nobody could say
 * afterwards which parts stood on one label.
 */
export function takePart(turn: Turn, meaning: PartMeaning): Outcome {
  const { state, scan, now } = turn
  const parts = state.label?.parts ?? []
  const [first] = parts
  const same = parts.find((part) => meaningOf(part)?.part === meaning.part)
  if (same && same.code.data === scan.code.data) return stillMissing(turn, parts, meaning)
  const isOther = same !== undefined || (first && !isOneLabel(first, scan))
  if (isOther) {
    const counted = countRefused({ ...state, label: null }, 'label_mixed', now, parts.length)
    return refused(counted, 'label_mixed', now)
  }
  const together = [...parts, scan]
  if (together.length < meaning.collect.length) return stillMissing(turn, together, meaning)
  return storeLabel(turn, together)
}

/** How long a label may still take; undefined where no part of one was scanned. */
export function labelLeftMs(parts: readonly TakenScan[], now: TakenScan['at']): number | undefined {
  const [first] = parts
  const meaning = first && meaningOf(first)
  return first && meaning ? meaning.withinMs - elapsedMs(first.at, now) : undefined
}

function stillMissing({ state }: Turn, parts: readonly TakenScan[], { collect }: PartMeaning): Outcome {
  const there = parts.map((part) => meaningOf(part)?.part)
  const missing = collect.filter((part) => !there.includes(part))
  return held({ ...state, label: { parts } }, `the label still lacks ${missing.join(', ')}`)
}

/** Rows of one label are known by the moment of its first part. */
function storeLabel(turn: Turn, parts: readonly TakenScan[]): Outcome {
  const { state, scan } = turn
  const label = utcText((parts[0] ?? scan).at.wallMs)
  const rows = parts.map((part) => ({
    ...plainRow({ ...turn, scan: part }),
    fields: { part: meaningOf(part)?.part ?? '', label },
  }))
  return storeRows({ ...turn, state: { ...state, label: null } }, rows)
}

function isOneLabel(first: TakenScan, scan: TakenScan): boolean {
  const [before, meaning] = [meaningOf(first), meaningOf(scan)]
  const isSameKind = before?.collect.join() === meaning?.collect.join()
  return isSameKind && elapsedMs(first.at, scan.at) < (before?.withinMs ?? 0)
}

function meaningOf({ code: { meaning } }: TakenScan): PartMeaning | undefined {
  return meaning.kind === 'part' ? meaning : undefined
}
