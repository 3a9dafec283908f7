/** Lives of a local log, each with a fault at one of its calls to the disk, and what must be there afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { AT_FIRST, afterMark, type Expected } from '../power-cut/expected.ts'
import { lawsBroken } from '../power-cut/judge.ts'
import type { Mark } from '../power-cut/mark.ts'
import { type Failure, type How, makeShim, type Shim } from './shim.ts'

const LIFE = fileURLToPath(new URL('../power-cut/life.ts', import.meta.url))

/** How long a life is: its rounds, and the commits that fill its log. */
export type LifeSize = readonly [rounds: number, commits: number]
/** Long enough that the write-ahead log is moved by the way. */
export const WHOLE_LIFE: LifeSize = [1, 350]
export const SHORT_LIFE: LifeSize = [1, 20]

/** A fault at one call of a life. */
export interface DiskFault {
  readonly at: number
  readonly how: How
  readonly failure?: Failure
}

/** What became of a life. */
export interface LifeOutcome {
  /** Whether it came to its end as if nothing were. */
  readonly wentOn: boolean
  /** What it said at an early end. */
  readonly said: string
  readonly laws: readonly string[]
  readonly folder: string
  /** Its calls that changed the disk. */
  readonly writes: number
  readonly reads: number
}

/**
 * Lives once, and judges what is left on the disk.
 * @param folder is made; the caller removes it
 */
export async function liveWith(
  fault: DiskFault | undefined,
  {
    folder,
    size,
    inThread,
  }: { readonly folder: string; readonly size: LifeSize; readonly inThread: boolean },
): Promise<LifeOutcome> {
  const [dataFolder, marksFile] = [join(folder, 'data'), join(folder, 'marks')]
  mkdirSync(dataFolder, { recursive: true })
  using shim = makeShim(dataFolder)
  if (fault) shim.plan(fault.at, fault.how, fault.failure)
  const { code, said } = await live(shim, [dataFolder, marksFile, ...size.map(String)])
  const expected = expectedOf(marksFile)
  return {
    wentOn: code === 0,
    said,
    laws: await lawsBroken(dataFolder, expected, inThread),
    folder,
    writes: shim.writes,
    reads: shim.reads,
  }
}

async function live({ env }: Shim, args: readonly string[]) {
  const child = spawn(process.execPath, [...process.execArgv, LIFE, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code: code as number | null, said }
}

/** The last line may have been cut off by the end of the process. */
function expectedOf(marksFile: string): Expected {
  const lines = readFileSync(marksFile, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Mark).reduce(afterMark, AT_FIRST)
}

export function removeLife({ folder }: LifeOutcome): void {
  rmSync(folder, { recursive: true, force: true })
}
