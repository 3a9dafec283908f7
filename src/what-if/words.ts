/** What is different, in sentences for people. */
import type { WhatIf } from './compare.ts'
import type { StopPair } from './differences.ts'
import type { StopLine } from './sides.ts'

const MINUTE_MS = 60_000

/** The most important first; where nothing is different, that. */
export function wordsOf(result: WhatIf): readonly string[] {
  const words = [...stopWords(result.stops), ...timeWords(result)]
  const nothing =
    result.undecided.length > 0
      ? 'of what can be known, nothing would have been different'
      : 'nothing would have been different'
  const first = words.length === 0 ? [nothing] : words
  return [...first, ...unknownWords(result)]
}

function stopWords(pairs: readonly StopPair[]): readonly string[] {
  const gone = pairs.flatMap(({ kind, before }) => (kind === 'gone' && before ? [before] : []))
  const fresh = pairs.flatMap(({ kind, after }) => (kind === 'new' && after ? [after] : []))
  const changed = pairs.filter(({ kind }) => kind === 'changed')
  const because = changed.filter(({ changes }) => changes.includes('reason') || changes.includes('category'))
  const moved = changed.filter(({ changes }) => changes.includes('begin') || changes.includes('end'))
  return [
    ...(gone.length > 0
      ? [`${sumText(gone)} ${gone.length === 1 ? 'is no stop' : 'are no stops'} any more`]
      : []),
    ...(fresh.length > 0 ? [`${sumText(fresh)} ${fresh.length === 1 ? 'is' : 'are'} new`] : []),
    ...(because.length > 0 ? [`${counted(because.length)} ${has(because.length)} another reason`] : []),
    ...(moved.length > 0 ? [`${counted(moved.length)} ${begins(moved.length)}`] : []),
  ]
}

function sumText(stops: readonly StopLine[]): string {
  const ms = stops.reduce((sum, { lastedMs }) => sum + lastedMs, 0)
  return stops.length === 1
    ? `1 stop of ${lengthText(ms)}`
    : `${stops.length} stops of ${lengthText(ms)} in sum`
}

function counted(count: number): string {
  return count === 1 ? '1 stop' : `${count} stops`
}

function has(count: number): string {
  return count === 1 ? 'has' : 'have'
}

function begins(count: number): string {
  return count === 1 ? 'begins or ends at another moment' : 'begin or end at other moments'
}

/** Where something is not known, both availabilities are not of the same time. */
function timeWords({ before, after, differences, undecided }: WhatIf): readonly string[] {
  const ms = differences.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  const [was, would] = [shareText(before.availability), shareText(after.availability)]
  return [
    ...(was === would || undecided.length > 0 ? [] : [`availability ${would} instead of ${was}`]),
    ...(ms === 0 ? [] : [`another status or reason for ${lengthText(ms)}`]),
  ]
}

function unknownWords({ missing, undecided, moved, lost, stops }: WhatIf): readonly string[] {
  const unknown = stops.filter(({ kind }) => kind === 'unknown').length
  const names = missing.map(({ signal }) => signal)
  const neededMs = undecided.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  const needed =
    neededMs === 0 ? '' : `; for ${lengthText(neededMs)} the rules would have needed it, and nothing is known`
  return [
    ...(names.length === 0
      ? []
      : [`not recorded, because no map read it then: ${names.join(', ')}${needed}`]),
    ...(unknown === 0 ? [] : [`${counted(unknown)} of which it cannot be said what this map would make`]),
    ...moved.map(
      (device) => `${device} is reached in another way; what the recorded device showed stands for it`,
    ),
    ...(lost.length === 0
      ? []
      : [`${lost.length === 1 ? 'one time' : `${lost.length} times`} within it not recorded`]),
  ]
}

/** `80.4 %`. */
export function shareText(share: number | null): string {
  return share === null ? 'none' : `${(share * 100).toFixed(1)} %`
}

/** `40 s`, `4 min`, `2 h 5 min`: rounded before it is divided, so that no unit is ever full. */
export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(ms / MINUTE_MS)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`
}
