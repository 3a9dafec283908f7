/** Prints the figures beside their aims, and what machine they were taken on. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import { type Aim, type Figure, isMet } from './benchmark.ts'

export interface MachineFacts {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  /** Runnable processes over the last minute: above the number of cores, absolutes are of little use. */
  readonly loadAverage: number
}

export function machineFacts(): MachineFacts {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
  }
}

export function factsText(facts: MachineFacts): string {
  const { processor, cores, memoryGb, kernel, node, loadAverage } = facts
  return `${processor}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, Node ${node}, load ${loadAverage}`
}

const HEAD = ['load', 'measure', 'figure', 'aim', ''] as const

/** A table for the terminal; numbers are set to the right. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.load,
    figure.measure,
    `${numberText(figure.value)} ${figure.unit}`.trim(),
    aimText(figure.aim),
    verdict(figure),
  ])
  const all = [HEAD, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}

function verdict(figure: Figure): string {
  const met = isMet(figure)
  if (met === undefined) return ''
  return met ? 'met' : 'NOT MET'
}

function aimText(aim: Aim | undefined): string {
  if (!aim) return ''
  return 'atMost' in aim ? `<= ${aim.atMost}` : `>= ${aim.atLeast}`
}

/** Three digits that count; whole numbers from 100 on. */
function numberText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}
