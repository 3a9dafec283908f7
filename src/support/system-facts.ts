/** What this computer is: what the maker asks first. */
import { readFileSync, statfsSync } from 'node:fs'
import { arch, cpus, freemem, loadavg, release, type as systemName, totalmem, uptime } from 'node:os'
import { systemClock } from '../runtime/clock.ts'

/** @param folder on the disk that counts */
export function systemFacts(folder: string): object {
  const { wallMs, monoMs } = systemClock.now()
  return {
    kernel: `${systemName()} ${release()} ${arch()}`,
    distribution: firstOf('/etc/os-release', /^PRETTY_NAME="?([^"\n]*)/m),
    processors: cpus().length,
    load: loadavg(),
    uptime_s: Math.round(uptime()),
    memory: { total: totalmem(), free: freemem() },
    disk: diskOf(folder),
    clock: {
      wall: new Date(wallMs).toISOString(),
      monotonic_s: Math.round(monoMs / 1_000),
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      source: firstOf('/sys/devices/system/clocksource/clocksource0/current_clocksource', /(\S+)/),
    },
  }
}

function diskOf(folder: string): object | null {
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(folder)
    return { bytes: bsize * blocks, free_bytes: bsize * bavail, files, free_files: ffree }
  } catch {
    return null
  }
}

function firstOf(file: string, pattern: RegExp): string | null {
  try {
    return pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}
