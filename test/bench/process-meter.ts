/** What a process costs, as Linux counts it in /proc: processor time of all of its threads, and memory. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Processor time of a process since its start, all threads, user and system, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command's name in brackets and may hold spaces: proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [fields[11], fields[12]]
  return (Number(userTicks) + Number(systemTicks)) / TICKS_PER_SECOND
}

export interface Memory {
  /** Proportional set size: pages shared with other processes count in part. */
  readonly pssMb: number
  /** Resident set size: shared pages count in full. */
  readonly rssMb: number
  /** What no file backs, such as heaps and stacks: other programs of the same computer change nothing in it. */
  readonly ownMb: number
}

export function memory(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return {
    pssMb: megabytes(rollup, 'Pss'),
    rssMb: megabytes(rollup, 'Rss'),
    ownMb: megabytes(rollup, 'Anonymous'),
  }
}

function megabytes(rollup: string, key: string): number {
  const kilobytes = new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(rollup)?.[1]
  return Number(kilobytes) / 1024
}

/** Milliseconds since boot. All processes of one machine read the same clock, so their stamps can be compared. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
