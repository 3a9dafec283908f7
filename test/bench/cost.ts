/** What a process costs over a window, and the figures that compare two of them. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Figure } from './benchmark.ts'
import { cpuSeconds, type Memory, memory, monotonicMs } from './process-meter.ts'
import { median } from './statistics.ts'

export interface Cost {
  /** Share of one core. */
  readonly cpuPercent: number
  readonly cpuSeconds: number
  readonly memory: Memory
}

/** Meters a process while `windowMs` pass. */
export async function costOver(pid: number, windowMs: number): Promise<Cost> {
  const [cpuBefore, beginMs] = [cpuSeconds(pid), monotonicMs()]
  await wait(windowMs)
  const used = cpuSeconds(pid) - cpuBefore
  const elapsedMs = monotonicMs() - beginMs
  return { cpuPercent: (used / elapsedMs) * 100_000, cpuSeconds: used, memory: memory(pid) }
}

/** A window of work, and how many values it brought. */
export interface Work extends Cost {
  readonly values: number
}

/** The figures of rounds in which both took turns; medians, and of the ratio the median of the rounds' own. */
export function costFigures(
  load: string,
  rounds: readonly { readonly gateway: Work; readonly bare: Work }[],
  aims: { readonly cpuRatio?: number; readonly pssMb?: number },
): readonly Figure[] {
  const of = (side: 'gateway' | 'bare', figure: (work: Work) => number) =>
    median(rounds.map((round) => figure(round[side])))
  const ratio = median(rounds.map(({ gateway, bare }) => perValueUs(gateway) / perValueUs(bare)))
  const bySide = (['gateway', 'bare'] as const).flatMap((side): Figure[] => [
    { load, measure: `CPU, ${side}`, value: of(side, (work) => work.cpuPercent), unit: '% of a core' },
    { load, measure: `CPU a value, ${side}`, value: of(side, perValueUs), unit: 'µs' },
    {
      load,
      measure: `memory (PSS), ${side}`,
      value: of(side, (work) => work.memory.pssMb),
      unit: 'MB',
      ...(side === 'gateway' && aims.pssMb ? { aim: { atMost: aims.pssMb } } : {}),
    },
  ])
  const aim = aims.cpuRatio ? { aim: { atMost: aims.cpuRatio } } : {}
  return [{ load, measure: 'CPU a value, gateway / bare', value: ratio, unit: 'x', ...aim }, ...bySide]
}

/** Processor time for each value, in µs. */
export function perValueUs(work: Work): number {
  return (work.cpuSeconds / work.values) * 1e6
}
