/** The result of a reconciliation: every difference between the ground truth and central, by kind. */
import { utcText } from '../../domain/instant.ts'

/** What the reconciliation found. Four empty lists mean that central says exactly what happened. */
export interface Report {
  readonly machines: number
  readonly truth: Counts
  readonly central: Counts
  /** Happened and could be seen, and is not in central. */
  readonly missing: readonly Finding[]
  /** In central, and never happened. */
  readonly extra: readonly Finding[]
  /** In central more than once. */
  readonly duplicates: readonly Finding[]
  /** In central, but not as it happened. */
  readonly wrong: readonly Finding[]
}

interface Counts {
  readonly transitions: number
  readonly downtimes: number
  readonly scans: number
}

/** One difference. */
export interface Finding {
  readonly machine: string
  /** UTC text of the moment that it is about. */
  readonly at: string
  /** What differs, in words. */
  readonly what: string
}

/** The kinds of differences. */
export type Defect = 'missing' | 'extra' | 'duplicates' | 'wrong'

/** The lists into which the checks put what they find. */
export type Findings = Record<Defect, Finding[]>

/** Empty lists, to be added to. */
export function noFindings(): Findings {
  return { missing: [], extra: [], duplicates: [], wrong: [] }
}

/** Whether there is no difference at all. */
export function agrees(report: Pick<Report, Defect>): boolean {
  const { missing, extra, duplicates, wrong } = report
  return missing.length + extra.length + duplicates.length + wrong.length === 0
}

/** A difference at a moment, ms since 1970. */
export function finding(machine: string, atMs: number, what: string): Finding {
  return { machine, at: utcText(atMs), what }
}
