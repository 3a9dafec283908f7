/**
 * What the time service of this computer says of its clock. Two can be asked: chrony, which most gateways have, and
 * systemd-timesyncd.
 */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'

/** What is not known is null. */
export interface TimeServiceWord {
  readonly isSynchronised: boolean | null
  /** The most that the clock can be wrong by, in ms, as chrony calculates it; systemd-timesyncd tells nobody. */
  readonly errorMaxMs: number | null
}

interface TimeServiceWorld {
  /** Where services keep what lasts until the computer is turned off. */
  readonly runFolder?: string
  /** What chronyc needs to find chronyd where that does not answer at its usual place. */
  readonly chronyArgs?: readonly string[]
}

const NO_WORD: TimeServiceWord = { isSynchronised: null, errorMaxMs: null }
/** It answers within milliseconds, and tries again for seconds where a firewall swallows its question. */
const CHRONYC_MAX_MS = 2_000
const CHRONYC_PATH = '/usr/local/bin:/usr/bin:/bin'
/** What chrony names as its source while it follows nothing but the clock that it is to set right (`local` in chrony.conf). */
const OWN_CLOCK = '7F7F0101'
/** Columns of `chronyc -c tracking`, counted from 0: chronyc(1), "tracking". All times are in s. */
const SOURCE = 0
const OFFSET = 4
const ROOT_DELAY = 10
const ROOT_DISPERSION = 11
const LEAP_STATUS = 13

/** Never rejects: a service that does not answer has no word. */
export async function askTimeService(world: TimeServiceWorld = {}): Promise<TimeServiceWord> {
  const { runFolder = '/run', chronyArgs = [] } = world
  // Where chronyd runs, it keeps this folder, into which nobody else may look.
  if (await isThere(`${runFolder}/chrony`)) return readTracking(await chronycTracking(chronyArgs))
  return { isSynchronised: await timesyncWord(`${runFolder}/systemd/timesync`), errorMaxMs: null }
}

/** It keeps its folder while it runs, and the file in it from the first synchronisation after the boot on. */
async function timesyncWord(folder: string): Promise<boolean | null> {
  if (await isThere(`${folder}/synchronized`)) return true
  return (await isThere(folder)) ? false : null
}

/**
 * @param line of `chronyc -c tracking`; empty where it said nothing
 * @returns an error that is bounded as NTP does it: half the way to the clock that everything goes back to, and what all clocks
 *   on that way may have drifted since; it grows while no source answers, though chrony goes on calling the clock synchronised
 */
export function readTracking(line: string): TimeServiceWord {
  const columns = line.trim().split(',')
  const leapStatus = columns[LEAP_STATUS]
  if (leapStatus === undefined) return NO_WORD
  const isSynchronised = leapStatus !== 'Not synchronised' && columns[SOURCE] !== OWN_CLOCK
  const [offset, delay, dispersion] = [OFFSET, ROOT_DELAY, ROOT_DISPERSION].map((at) => Number(columns[at]))
  const errorMaxS = Math.abs(offset ?? Number.NaN) + (delay ?? Number.NaN) / 2 + (dispersion ?? Number.NaN)
  return {
    isSynchronised,
    errorMaxMs: isSynchronised && Number.isFinite(errorMaxS) ? errorMaxS * 1_000 : null,
  }
}

/** @returns empty where there is no chronyc, or chronyd answers nobody (`cmdport 0` in chrony.conf) */
function chronycTracking(args: readonly string[]): Promise<string> {
  const bounds = { timeout: CHRONYC_MAX_MS, killSignal: 'SIGKILL', env: { PATH: CHRONYC_PATH } } as const
  return new Promise((resolve) => {
    // -n: names of servers are asked of nobody.
    execFile('chronyc', ['-n', '-c', ...args, 'tracking'], bounds, (error, output) =>
      resolve(error ? '' : output),
    )
  })
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
