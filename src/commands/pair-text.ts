/** What `millrace status` says of a pair: this gateway's part, and the other one as central last heard of it. */
import type { PairReport } from '../console/pair-report.ts'
import { counted } from './counted.ts'
import { ageText } from './moments.ts'

/** A gateway says how it is every few seconds. */
const SILENT_AFTER_S = 60

/** @param since since when this gateway is what it is, in words */
export function pairText(pair: PairReport, since: string): string {
  const { pair: name, role, unready, superseded } = pair
  const words = [
    `${name}: this gateway is ${role === 'active' ? 'the active one' : 'standing by'} ${since}`,
    ...(role === 'stand-by' ? [readiness(unready)] : []),
    otherText(pair),
    ...(superseded === 0 ? [] : [`${counted(superseded, 'event')} superseded by the other one`]),
  ]
  return words.join('; ')
}

/** What it was when it was last heard may not hold any more, and two may be of one role: nothing is concluded from the own one. */
function otherText({ role, other }: PairReport): string {
  if (!other) return 'the other gateway was never heard of'
  const { gateway, seen_s } = other
  const heard = `heard ${ageText(seen_s * 1_000)} ago`
  const isActive = other.role === 'active'
  const part = isActive ? 'the active one' : 'standing by'
  if (seen_s > SILENT_AFTER_S) return `${gateway} is silent: it was ${part} when last ${heard}`
  if (isActive && role === 'active') return `by its last word ${gateway} is ${part} too, ${heard}`
  const also = other.role === role ? ' as well' : ''
  return `${gateway} is ${part}${also}${isActive ? '' : `, ${readiness(other.unready)}`}, ${heard}`
}

function readiness(unready: string | null): string {
  return unready === null ? 'ready to take over' : `not ready: ${unready}`
}
