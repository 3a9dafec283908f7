/** Has a release judged by a thread of its own, which is there only for that. */
import { Worker } from 'node:worker_threads'
import type { ConfigFault } from '../../domain/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import { threadFile } from '../../runtime/open-calls.ts'
import { CalledThread, ownThread, ThreadLink } from '../../runtime/thread-link.ts'
import { within } from '../../runtime/within.ts'
import { ReleaseUnreachable } from '../release-error.ts'
import type { ReleaseJudging } from './judge-release.ts'

/** Hundreds of maps take seconds. */
const JUDGING_MAX_MS = 120_000
/** Far more than the maps and routes of the largest release need. */
const MEMORY_MAX_MB = 512

interface JudgingWorld {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** @throws ReleaseUnreachable where it cannot be judged now */
export async function judgeInThread(
  release: string,
  judging: ReleaseJudging,
  { clock, signal }: JudgingWorld,
): Promise<readonly ConfigFault[]> {
  await using thread = new ThreadLink<{ judge(release: string): readonly ConfigFault[] }>({
    thread: new CalledThread(
      ownThread(
        () =>
          new Worker(threadFile(import.meta.url, './worker'), {
            workerData: judging,
            name: 'release',
            resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
          }),
      ),
    ),
    owned: 'a release',
    errorOf: ({ message }) => unjudged(message),
  })
  return await within(thread.call('judge', release), { clock, signal, maxMs: JUDGING_MAX_MS }, () => {
    throw unjudged(`not within ${JUDGING_MAX_MS / 1_000} s`)
  })
}

function unjudged(why: string): ReleaseUnreachable {
  return new ReleaseUnreachable(`the release could not be judged: ${why}`, 'it is tried again by itself')
}
