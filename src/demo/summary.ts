/** The text that the demo ends with, for people who run plants. */
import type { Truth } from './reconcile/facts.ts'
import { agrees, type Defect, type Finding, type Report } from './reconcile/report.ts'

/** With more findings than this on the screen, the first would scroll away. */
const SHOWN_MAX = 20

const MEANINGS: Readonly<Record<Defect, string>> = {
  missing: 'happened, and is not in central',
  extra: 'is in central, and never happened',
  duplicates: 'is in central twice',
  wrong: 'is in central, but not as it happened',
}

const DEFECTS = Object.keys(MEANINGS) as readonly Defect[]

/** @param forMs how long the day was */
export function summary(report: Report, truth: Truth, forMs: number): string {
  const lines = [happened(report, forMs), ...longestStop(truth), '', ...verdict(report)]
  return `${lines.join('\n')}\n`
}

function happened({ machines, truth }: Report, forMs: number): string {
  return (
    `In ${Math.round(forMs / 1000)} s, ${machines} machines changed their status ${truth.transitions - machines} times, ` +
    `and ${truth.downtimes} of their stops were long enough to be a downtime. An operator scanned ${truth.scans} codes.`
  )
}

function longestStop({ downtimes }: Truth): readonly string[] {
  const longest = downtimes.toSorted((a, b) => lengthMs(b) - lengthMs(a))[0]
  if (!longest) return []
  return [`The longest: ${longest.machine} stood still for ${(lengthMs(longest) / 1000).toFixed(1)} s.`]
}

function lengthMs(stop: { readonly startedAtMs: number; readonly endedAtMs: number }): number {
  return stop.endedAtMs - stop.startedAtMs
}

function verdict(report: Report): readonly string[] {
  const { central } = report
  const counts = DEFECTS.map((defect) => `${defect} ${report[defect].length}`).join(', ')
  if (agrees(report)) {
    return [
      `Central has all of it, each once and in order: ${central.transitions} rows of status, ${central.downtimes} of downtime, ${central.scans} scans.`,
      `  ${counts}`,
    ]
  }
  return [`Central and the machines do not agree: ${counts}`, ...DEFECTS.flatMap((one) => list(report, one))]
}

function list(report: Report, defect: Defect): readonly string[] {
  const found = report[defect]
  if (found.length === 0) return []
  const more = found.length > SHOWN_MAX ? [`  ... and ${found.length - SHOWN_MAX} more`] : []
  return ['', `${defect}: ${MEANINGS[defect]}`, ...found.slice(0, SHOWN_MAX).map(findingLine), ...more]
}

function findingLine({ machine, at, what }: Finding): string {
  return `  ${at}  ${machine.padEnd(12)} ${what}`
}
