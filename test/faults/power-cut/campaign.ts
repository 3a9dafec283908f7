/** Cuts the power at moments of a recorded life, and judges what can be opened afterwards. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pick, type Random, seededRandom } from '../../../simulators/random.ts'
import { isInThread } from '../log-under-test.ts'
import { Disk, rubbish } from './disk.ts'
import { AT_FIRST, afterMark } from './expected.ts'
import { lawsBroken } from './judge.ts'
import type { Phase } from './mark.ts'
import type { Recording, Step } from './recording.ts'

/** One power cut after which a law was broken. */
export interface CutFinding {
  readonly index: number
  readonly what: string
  readonly laws: readonly string[]
  /** What was opened. */
  readonly folder: string
}

/** Which of the numbered cuts of a seed are made. */
interface Cuts {
  readonly from: number
  readonly to: number
  readonly seed: number
}

/** One cut that is going to be made, and the choices that it has left. */
interface PlannedCut {
  readonly index: number
  readonly random: Random
}

/** The index of the write-ahead log is not synced at all: a power cut may leave anything of it. */
const INDEX_BYTES = 32_768
const INDEX_SHARE = 0.2

/**
 * Plays a recording once and cuts the power as often as asked: with the same recording and seed, the same number gives the same image.
 * @param parent gets the images, and keeps those on which a law was broken
 */
export async function cutPower(
  parent: string,
  { steps }: Recording,
  cuts: Cuts,
): Promise<readonly CutFinding[]> {
  const planned = plan(steps, cuts)
  const disk = new Disk()
  const findings: CutFinding[] = []
  let expected = AT_FIRST
  for (const [at, step] of steps.entries()) {
    for (const { index, random } of planned.get(at) ?? []) {
      const folder = join(parent, `cut-${index}`)
      const fate = disk.cutInto(folder, random)
      addIndex(folder, random)
      const laws = await lawsBroken(folder, expected, isInThread(index))
      if (laws.length === 0) rmSync(folder, { recursive: true })
      else findings.push({ index, what: `before step ${at}, ${expected.phase}: ${fate}`, laws, folder })
    }
    if (step.did === 'say') expected = afterMark(expected, step.mark)
    else disk.do(step)
  }
  return findings
}

/** Before which step each cut is made: as often in a short stretch of the life as in a long one. */
function plan(steps: readonly Step[], { from, to, seed }: Cuts): ReadonlyMap<number, readonly PlannedCut[]> {
  const stretches = [...stretchesOf(steps).values()]
  const cuts = Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset
    const random = seededRandom(seed, `cut ${index}`)
    return { at: pick(pick(stretches, random) ?? [], random) ?? 0, index, random }
  })
  return Map.groupBy(cuts, ({ at }) => at)
}

/** By phase, and within it what is done in the file itself by what is done in the write-ahead log. */
function stretchesOf(steps: readonly Step[]): ReadonlyMap<string, readonly number[]> {
  const stretches = new Map<string, number[]>()
  let phase: Phase = AT_FIRST.phase
  for (const [at, step] of steps.entries()) {
    if (step.did === 'say') {
      if ('phase' in step.mark) phase = step.mark.phase
      continue
    }
    const stretch = `${phase} ${step.path.endsWith('-wal')}`
    const own = stretches.get(stretch) ?? []
    stretches.set(stretch, own)
    own.push(at)
  }
  return stretches
}

function addIndex(folder: string, random: Random): void {
  if (random() >= INDEX_SHARE || !existsSync(folder)) return
  writeFileSync(join(folder, 'outbox.db-shm'), rubbish(INDEX_BYTES, random))
}
