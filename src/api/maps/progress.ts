/** What became of what was saved, as a stream: until its trial is over, and for as long as somebody looks. */
import type { SubjectEffect } from '../../maps/edit/judge-draft.ts'
import type { MapEditor } from '../../maps/edit/map-editor.ts'
import { progressOf } from '../../maps/edit/progress.ts'
import type { MapFollower } from '../../maps/follow-maps.ts'
import { TRIAL_MAX_MS } from '../../maps/map-trials.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { SaveProgress } from './shapes.ts'
import { namedFile, subjectOf, utcOrNull } from './wire.ts'

export interface ProgressParts {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly cwd: string
  readonly editor: Pick<MapEditor, 'latest'>
  readonly follower: Pick<MapFollower, 'health' | 'standing'>
  readonly clock: Pick<Clock, 'sleep'>
}

/** A trial is judged every second. */
const LOOK_MS = 500

/** Sends how it stands, and then whatever changes in that, until it is disposed. */
export function followProgress(
  name: string,
  parts: ProgressParts,
  send: (progress: SaveProgress) => void,
): Disposable {
  const ended = new AbortController()
  void look(ended.signal)
  return { [Symbol.dispose]: () => ended.abort() }

  async function look(signal: AbortSignal): Promise<void> {
    let sent = ''
    while (!signal.aborted) {
      const progress = progressOn(name, parts)
      const text = JSON.stringify(progress)
      if (text !== sent) send(progress)
      sent = text
      await parts.clock.sleep(LOOK_MS, signal)
    }
  }
}

/** How it stands now. */
export function progressOn(name: string, parts: ProgressParts): SaveProgress {
  const effects = parts.editor.latest(name) ?? effectsInForce(name, parts)
  return { subjects: effects.map((effect) => subjectProgress(effect, parts)) }
}

/** Of a file that nobody has saved here since the start: what is in force of it. */
function effectsInForce(name: string, { folder, cwd, follower }: ProgressParts): readonly SubjectEffect[] {
  const named = namedFile(folder, cwd, name)
  return follower
    .health()
    .summary.inForce.filter(({ file }) => file === named)
    .map(({ owner }) => ({
      owner,
      content: follower.standing(owner).inForce?.content,
      what: '',
      links: 'stay',
      refused: undefined,
      isShadow: false,
    }))
}

function subjectProgress(
  effect: SubjectEffect,
  { follower }: ProgressParts,
): SaveProgress['subjects'][number] {
  const standing = follower.standing(effect.owner)
  const { state, why, unreadMs } = progressOf(standing, effect)
  const { reading } = standing
  return {
    ...subjectOf(effect.owner),
    state,
    why: why ?? null,
    unread_s: Math.round(unreadMs / 1_000),
    unread_max_s: TRIAL_MAX_MS / 1_000,
    reading: reading
      ? {
          seen_at: utcOrNull(reading.seenMs),
          connected: reading.isConnected,
          trouble: reading.trouble ?? null,
        }
      : null,
  }
}
