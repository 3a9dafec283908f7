/** Damages one copy of a log after the other, evenly over everything that a log is made of, and judges what is made of each. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pick, type Random, seededRandom } from '../../../simulators/random.ts'
import { isInThread } from '../log-under-test.ts'
import { byteOf, CHANGES, pickPlace } from './changes.ts'
import { brokenLaws } from './judge.ts'
import { type Target, targetsIn } from './log-places.ts'
import { lossesOf, WHOLE_PART } from './lost-parts.ts'
import { openAndGoOn } from './opened-log.ts'
import { copyLog, LOG_FILE, lastSeqOf, writeLogs } from './written-logs.ts'

/** One damaged log on which a law was broken. */
export interface DamageFinding {
  /** With the seed, this makes the same damage again. */
  readonly index: number
  readonly what: string
  readonly laws: readonly string[]
  /** The log as it was found afterwards; the damaged one lies in it. */
  readonly folder: string
}

/**
 * Writes the logs, and returns what damages one copy of them: with the same seed, the same number makes the same damage.
 * @param parent gets the logs, and keeps those on which a law was broken
 * @param write writes the logs of which copies are damaged
 */
export async function damageCampaign(
  parent: string,
  seed: number,
  write: typeof writeLogs = writeLogs,
): Promise<(index: number) => Promise<DamageFinding | undefined>> {
  const targets = targetsIn(await write(parent))
  return (index) => damageOne(parent, targets, seed, index)
}

async function damageOne(parent: string, targets: readonly Target[], seed: number, index: number) {
  const random = seededRandom(seed, `damage ${index}`)
  const target = targets[index % targets.length]
  if (!target) throw new Error('there is nothing to damage')
  const folder = join(parent, `damage-${index}`)
  mkdirSync(folder)
  copyLog(target.log.folder, folder)
  const what = change(folder, target, random)
  const laws = await lawsBroken(target, folder, isInThread(index))
  if (laws.length > 0) return { index, what, laws, folder }
  rmSync(folder, { recursive: true })
  return undefined
}

/** @returns what was done, in words */
function change(folder: string, target: Target, random: Random): string {
  const { log, part, structure, places } = target
  if (structure === WHOLE_PART) return lose(folder, target, random)
  const stranger = log.strangers.find(({ what }) => what === structure)
  if (stranger) {
    copyFileSync(stranger.from, join(folder, LOG_FILE + stranger.ending))
    return `${log.name} log with ${structure}`
  }
  const name = pick(Object.keys(CHANGES), random) ?? ''
  const at = byteOf(pickPlace(places, random), random)
  const file = join(folder, part)
  const changed = CHANGES[name]?.(readFileSync(file), at, random)
  if (changed) writeFileSync(file, changed)
  return `${log.name} log, ${part}, ${structure}: ${name} at ${at}`
}

function lose(folder: string, { log, part, structure }: Target, random: Random): string {
  const losses = lossesOf(!existsSync(join(folder, `${LOG_FILE}-wal`)))
  const name = pick(Object.keys(losses), random) ?? ''
  losses[name]?.(join(folder, part))
  return `${log.name} log, ${part}, ${structure}: ${name}`
}

async function lawsBroken(
  { log, part, structure }: Target,
  folder: string,
  inThread: boolean,
): Promise<readonly string[]> {
  const certainSeq = part.endsWith('-wal') ? log.checkpointedSeq : lastSeqOf(log.content)
  try {
    const isLost = part === LOG_FILE && structure === WHOLE_PART
    const isCounterGone = isLost || statSync(join(folder, LOG_FILE)).size < log.counterEndsAt
    const isCounterDamaged = structure.startsWith('sqlite_sequence')
    return brokenLaws(
      { before: log.content, certainSeq, isCounterGone, isCounterDamaged },
      await openAndGoOn(folder, inThread),
    )
  } catch (error) {
    return [`it cannot be used: ${error instanceof Error ? error.message : String(error)}`]
  }
}
