/**
 * Faults at the calls by which a local log gets to its disk: the process is killed there, before, in the middle of or after the call; or
 * the call fails, alone or with those behind it. As many as asked, evenly over the whole life; all calls where that many are asked.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pick, type Random, seededRandom } from '../../../simulators/random.ts'
import { forEachNumber } from '../in-turn.ts'
import { isInThread } from '../log-under-test.ts'
import { scratchFolder } from '../scratch-folder.ts'
import { type DiskFault, type LifeSize, liveWith, removeLife } from './lives.ts'
import type { Failure, How } from './shim.ts'

/** What is done to the calls. */
export type CallFaults = 'kills' | 'errors' | 'read errors'

const KILLS: readonly How[] = ['kill before', 'kill torn', 'kill after']
const ERRORS: readonly Failure['error'][] = ['ENOSPC', 'EIO', 'EROFS']
/** A fault that passes with one call, and others that outlast several tries. */
const SPANS = [1, 3, 30]

export interface CallsOutcome {
  /** Lives that had a fault, and the calls of one life. */
  readonly lives: number
  readonly calls: number
  readonly findings: readonly string[]
}

/** @param count lives; those calls are chosen by the seed */
export async function callFaults(
  what: CallFaults,
  count: number,
  options: { readonly seed: number; readonly size: LifeSize; readonly isOver?: () => boolean },
): Promise<CallsOutcome> {
  const { seed, size, isOver = () => false } = options
  const parent = scratchFolder()
  const whole = await liveWith(undefined, { folder: join(parent, 'whole'), size, inThread: true })
  removeLife(whole)
  const calls = what === 'read errors' ? whole.reads : whole.writes
  const lives = Math.min(count, calls)
  let lived = 0
  const oneLife = async (index: number): Promise<string | undefined> => {
    if (isOver()) return undefined
    const random = seededRandom(seed, `call ${index}`)
    const at = 1 + Math.floor(((index + (lives < calls ? random() : 0)) * calls) / lives)
    const fault = faultAt(what, at, random)
    const outcome = await liveWith(fault, {
      folder: join(parent, String(index)),
      size,
      inThread: isInThread(index),
    })
    lived += 1
    const laws = [...outcome.laws, ...endLaws(what, outcome)]
    if (laws.length === 0) removeLife(outcome)
    return laws.length === 0 ? undefined : `${JSON.stringify(fault)}: ${laws.join('; ')} (${outcome.folder})`
  }
  const findings = await forEachNumber({ from: 0, to: lives }, oneLife, 2)
  if (whole.laws.length + findings.length === 0) rmSync(parent, { recursive: true })
  return { lives: lived, calls, findings: [...whole.laws, ...findings] }
}

function faultAt(what: CallFaults, at: number, random: Random): DiskFault {
  if (what === 'kills') return { at, how: pick(KILLS, random) ?? 'kill before' }
  const span = pick(SPANS, random) ?? 1
  if (what === 'read errors') return { at, how: 'fail reads', failure: { error: 'EIO', span } }
  return { at, how: 'fail', failure: { error: pick(ERRORS, random) ?? 'EIO', span } }
}

/** A life whose calls failed for a while must come to its end by itself. */
function endLaws(what: CallFaults, { wentOn, said }: { readonly wentOn: boolean; readonly said: string }) {
  return what === 'kills' || wentOn ? [] : [`it ended early: ${said.slice(-1_500)}`]
}
