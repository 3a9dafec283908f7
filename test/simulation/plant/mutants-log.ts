/** Mistakes that the local log, and what records into it, could make. */
import type { OutboxEntry } from '../../../src/domain/outbox.ts'
import { FAITHFUL, type Habits, type Recorder } from './habits.ts'
import { type LogHabits, SOUND_LOG } from './log-thread.ts'

function log(habit: Partial<LogHabits>): Habits {
  return { ...FAITHFUL, log: { ...SOUND_LOG, ...habit } }
}

function recording(change: (recorder: Recorder) => Pick<Recorder, 'append'>): Habits {
  return {
    ...FAITHFUL,
    recording: (recorder) => ({
      ...change(recorder),
      get uncommitted() {
        return recorder.uncommitted
      },
      states: () => recorder.states(),
    }),
  }
}

/** Changes what is appended. */
function appending(change: (entry: OutboxEntry) => OutboxEntry): Habits {
  return recording((recorder) => ({ append: (entry) => recorder.append(change(entry)) }))
}

export const LOG_MUTANTS: Readonly<Record<string, Habits>> = {
  'answers before it has synced': log({ syncsBeforeAnswer: false }),
  'does not know a group again that had failed and is there': log({ knowsDoubtful: false }),
  'stores a group before those that came first': log({ refusesOutOfTurn: false }),
  'saves states apart from their events': log({ savesStatesWithEvents: false }),
  'drops what a full disk refuses': log({ keepsRefused: false }),
  'removes what is acknowledged': log({ keepsAcknowledged: false }),
}

/** Entries that were handed in and are stored later, all at once. */
function storesLater(): Habits {
  return recording((recorder) => {
    let waiting: OutboxEntry[] = []
    return {
      append: async (entry) => {
        waiting.push(entry)
        if (waiting.length < 3) return
        const now = waiting
        waiting = []
        await Promise.all(now.map((one) => recorder.append(one)))
      },
    }
  })
}

export const RECORDING_MUTANTS: Readonly<Record<string, Habits>> = {
  'says that it is stored while it waits for more': storesLater(),
  'forgets the states': appending((entry) => ({ ...entry, states: {} })),
  'forgets the states of entries that have events': appending((entry) =>
    entry.events.length > 0 ? { ...entry, states: {} } : entry,
  ),
  'stores the last event of several first': appending((entry) => ({
    ...entry,
    events: [...entry.events].reverse(),
  })),
  'drops an event where many come at once': appending((entry) => ({
    ...entry,
    events: entry.events.length > 1 ? entry.events.slice(1) : entry.events,
  })),
  'keeps checkpoints only, and no events with them': appending((entry) =>
    entry.events.length > 0 && entry.at.monoMs % 7 < 1 ? { ...entry, events: [] } : entry,
  ),
}
