/** What a process keeps in memory, as Linux counts it in /proc. */
import { readFileSync } from 'node:fs'

export function residentMb(pid: number): number {
  return kilobytesOf(pid, 'VmRSS') / 1024
}

/** The most that was ever resident. */
export function peakMb(pid: number): number {
  return kilobytesOf(pid, 'VmHWM') / 1024
}

function kilobytesOf(pid: number, field: string): number {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  )
}
