/** A comparison of recorded days as people at a machine read it: both sides beside each other. */

import type { WhatIf } from '../what-if/compare.ts'
import type { StopPair } from '../what-if/differences.ts'
import type { StopLine } from '../what-if/sides.ts'
import { lengthText, shareText, wordsOf } from '../what-if/words.ts'
import { localText } from './moments.ts'

/** For whom it is written. */
interface Reader {
  readonly nowMs: number
  readonly timezone: string
}

const DIFFERENCES_SHOWN = 40
const LEFT_MIN = 42
const GAP = '  '
const SIGNS: Readonly<Record<StopPair['kind'], string>> = {
  same: ' ',
  changed: '~',
  gone: '-',
  new: '+',
  unknown: '?',
}

/** What was and what would have been, on one line. */
interface SideBySide {
  readonly sign: string
  readonly left: string
  readonly right: string
}

export function whatIfText(result: WhatIf, reader: Reader): string {
  const moment = (ms: number) => localText(ms, reader.nowMs, reader.timezone)
  const { machine, span, recorded, before, after } = result
  const from = Math.max(span.fromMs, recorded.fromMs)
  const to = Math.min(span.toMs, recorded.toMs)
  return laidOut([
    `${machine}, ${moment(from)} to ${moment(to)}`,
    ...wordsOf(result).map((line) => `  ${line}`),
    '',
    row('', 'as it was', 'with this map'),
    row(
      '',
      `availability ${shareText(before.availability)}`,
      `availability ${shareText(after.availability)}`,
    ),
    row('', `running ${lengthText(before.time.runningMs)}`, `running ${lengthText(after.time.runningMs)}`),
    row('', sumText(before.stops), sumText(after.stops)),
    ...(result.stops.length > 0 ? ['', 'stops'] : []),
    ...result.stops.map((pair) =>
      row(SIGNS[pair.kind], stopText(pair.before, moment), stopText(pair.after, moment)),
    ),
    ...differencesText(result, moment),
  ])
}

/** The right column begins behind the longest text of the left one. */
function laidOut(lines: readonly (string | SideBySide)[]): string {
  const lefts = lines.map((line) => (typeof line === 'string' ? 0 : line.left.length))
  const width = Math.max(LEFT_MIN, ...lefts)
  const texts = lines.map((line) => {
    if (typeof line === 'string') return line
    return `${line.sign.padEnd(GAP.length)}${line.left.padEnd(width)}${GAP}${line.right}`.trimEnd()
  })
  return `${texts.join('\n')}\n`
}

function row(sign: string, left: string, right: string): SideBySide {
  return { sign, left, right }
}

function sumText(stops: readonly StopLine[]): string {
  const ms = stops.reduce((sum, { lastedMs }) => sum + lastedMs, 0)
  return `${stops.length} ${stops.length === 1 ? 'stop' : 'stops'}, ${lengthText(ms)}`
}

function stopText(stop: StopLine | null, moment: (ms: number) => string): string {
  if (!stop) return ''
  const { fromMs, toMs, lastedMs, reason, code } = stop
  const why = [reason ?? 'unassigned', ...(code === null ? [] : [`code ${code}`])].join(' ')
  return `${moment(fromMs)}  ${toMs === null ? 'goes on' : lengthText(lastedMs)}  ${why}`
}

function differencesText(
  { differences }: WhatIf,
  moment: (ms: number) => string,
): readonly (string | SideBySide)[] {
  if (differences.length === 0) return []
  const shown = differences.slice(0, DIFFERENCES_SHOWN)
  const more = differences.length - shown.length
  const word = ({ status, reason }: WhatIf['differences'][number]['before']) =>
    status === null ? 'not known' : [status, reason].filter((part) => part !== null).join(' ')
  return [
    '',
    'another status or reason',
    ...shown.map(({ fromMs, toMs, before, after }) =>
      row('', `${moment(fromMs)}  ${lengthText(toMs - fromMs)}  ${word(before)}`, word(after)),
    ),
    ...(more > 0 ? [`  and ${more} more: --json shows all of them`] : []),
  ]
}
