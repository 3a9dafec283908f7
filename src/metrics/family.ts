/** What a metric is, whoever it is written for: a name, a help text, and numbers that are read out of what is known at one moment. */
import type { Durations } from '../domain/durations.ts'

/** The value of each label of a sample. */
type Labels = Readonly<Record<string, string>>

/** One number, or one histogram, with its labels. */
export interface MetricSample<Value> {
  readonly labels: Labels
  readonly value: Value
}

interface FamilyText<Label extends string> {
  /** As Prometheus wants it: base units, and `_total` where it only grows. */
  readonly name: string
  /** One sentence, as every scrape shows it. */
  readonly help: string
  /** Each has as many values as there are machines, devices, routes or codes, and never more: no text of the world outside. */
  readonly labels: readonly Label[]
}

/** All samples of one name. `Sight` is what is known at the moment of a scrape. */
export type Family<Sight> = FamilyText<string> &
  (
    | { readonly type: 'gauge' | 'counter'; readonly read: (sight: Sight) => readonly MetricSample<number>[] }
    | { readonly type: 'histogram'; readonly read: (sight: Sight) => readonly MetricSample<Durations>[] }
  )

/** How a family is written down: what it reads gives the values in the order of its labels, and behind them the number. */
interface Written<Sight, Label extends string, Value> extends Omit<FamilyText<Label>, 'labels'> {
  readonly labels?: readonly Label[]
  /** Null or undefined: nobody knows, and there is no sample. */
  readonly read: (sight: Sight) => Iterable<readonly [...string[], Value | null | undefined]>
}

/** A value that goes up and down. */
export function gauge<Sight>(written: Written<Sight, string, number>): Family<Sight> {
  return { ...withLabels(written), type: 'gauge' }
}

/** A value that only grows, until the gateway starts again. */
export function counter<Sight>(written: Written<Sight, string, number>): Family<Sight> {
  return { ...withLabels(written), type: 'counter' }
}

/** How long something took, in buckets. */
export function histogram<Sight>(written: Written<Sight, string, Durations>): Family<Sight> {
  return { ...withLabels(written), type: 'histogram' }
}

function withLabels<Sight, Value>({ name, help, labels = [], read }: Written<Sight, string, Value>) {
  return {
    name,
    help,
    labels,
    read: (sight: Sight): readonly MetricSample<Value>[] => {
      const samples: MetricSample<Value>[] = []
      for (const row of read(sight)) {
        const value = row[labels.length] as Value | null | undefined
        if (value === null || value === undefined) continue
        const own: Record<string, string> = {}
        labels.forEach((label, index) => {
          own[label] = row[index] as string
        })
        samples.push({ labels: own, value })
      }
      return samples
    },
  }
}

/** From ms, in which the gateway counts, to the base unit of Prometheus; nothing where there is nothing. */
export function seconds(ms: number): number
export function seconds(ms: number | null | undefined): number | null
export function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1_000
}
