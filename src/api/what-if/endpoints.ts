/** An edited map tried on recorded days. Nothing is stored, and nothing comes into force. */
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { type ApiCall, type Endpoint, endpoint } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import type { MapHealth } from '../../domain/health.ts'
import { utcMs, utcText } from '../../domain/instant.ts'
import { isMachine, ownerCode } from '../../domain/owner.ts'
import { RECORDING_FILE } from '../../recording/file/schema.ts'
import { type RecordedMachine, recordedBeside } from './recorded.ts'
import { type RecordedOnWire, recordedShape, type WhatIfOnWire, whatIfBody, whatIfShape } from './shapes.ts'
import { runTrial, type TrialAnswer, TrialTooLong } from './trial.ts'

/** What the area is given. */
interface WhatIfParts {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly dataFolder: string
  readonly cwd: string
  /** Undefined where nothing is recorded. */
  readonly retentionMs: number | undefined
  readonly mapsInForce: () => readonly Pick<MapHealth, 'owner' | 'file'>[]
}

/** Replays of all callers at a time: each takes a core of the computer for as long as it lasts. */
const TRIALS_MAX = 2
const BUSY_RETRY_S = 10

export function whatIfEndpoints(parts: WhatIfParts): readonly Endpoint[] {
  const busy = new Set<string>()
  const recordedSince = recordedBeside(join(parts.dataFolder, RECORDING_FILE))
  return [
    endpoint({
      method: 'GET',
      path: '/what-if',
      role: 'view',
      summary: 'Which machines are recorded, and since when.',
      answer: recordedShape,
      handle: async () => recordedMachines(parts, await recordedSince()),
    }),
    endpoint({
      method: 'POST',
      path: '/what-if',
      role: 'configure',
      isQuestion: true,
      summary: 'What a machine’s recorded time would have been under an edited map, beside what it was.',
      body: whatIfBody,
      answer: whatIfShape,
      handle: (call) => once(call.caller.name, busy, () => tried(parts, call)),
    }),
  ]
}

/** One replay at a time for each caller. */
async function once<T>(caller: string, busy: Set<string>, work: () => Promise<T>): Promise<T> {
  if (busy.has(caller) || busy.size >= TRIALS_MAX) {
    const what = busy.has(caller) ? 'a replay of yours is still running' : 'others are replaying now'
    throw new ApiRefusal(503, 'what-if-busy', what, {
      hint: 'wait until it has ended: a replay takes at most two minutes',
      retryAfterS: BUSY_RETRY_S,
    })
  }
  busy.add(caller)
  try {
    return await work()
  } finally {
    busy.delete(caller)
  }
}

type Call = ApiCall<unknown, unknown, z.output<typeof whatIfBody>>

async function tried(
  { folder, dataFolder, cwd }: WhatIfParts,
  { body, signal }: Call,
): Promise<WhatIfOnWire> {
  const span = { fromMs: utcMs(body.from), toMs: utcMs(body.to) }
  if (span.toMs <= span.fromMs)
    throw new ApiRefusal(400, 'what-if-span', 'the time ends before it begins', {
      hint: 'from is the earlier one',
    })
  const { file, text } = body
  try {
    return resultOf(await runTrial({ folder, dataFolder, cwd, file, text, span }, signal))
  } catch (error) {
    if (error instanceof TrialTooLong)
      throw new ApiRefusal(503, 'what-if-too-long', error.message, { hint: 'choose a shorter time' })
    throw error
  }
}

function resultOf(answer: TrialAnswer): WhatIfOnWire {
  switch (answer.kind) {
    case 'compared':
      return answer.result
    case 'faults':
      throw new ApiRefusal(422, 'map-faults', 'the map has faults', { faults: answer.faults })
    case 'no-machine':
      throw new ApiRefusal(422, 'what-if-no-machine', 'this is no map of a machine', {
        hint: 'only what machines showed is recorded, and no scans',
      })
    case 'unreadable':
      throw new ApiRefusal(503, answer.code, answer.message, { hint: answer.hint })
    case 'nothing-recorded':
      throw new ApiRefusal(404, 'what-if-nothing-recorded', nothingRecorded(answer), {
        hint: 'what the devices show is recorded from the moment on at which the machine has a map',
      })
  }
}

function nothingRecorded({
  machine,
  recordedFromMs,
}: Extract<TrialAnswer, { readonly kind: 'nothing-recorded' }>): string {
  const since = recordedFromMs === undefined ? '' : `; it is recorded since ${utcText(recordedFromMs)}`
  return `nothing of ${machine} was recorded in this time${since}`
}

/** Those that have a map now. */
function recordedMachines(
  { retentionMs, mapsInForce }: WhatIfParts,
  recorded: readonly RecordedMachine[],
): RecordedOnWire {
  const machines = mapsInForce().flatMap(({ owner, file }) =>
    isMachine(owner) ? [{ machine: ownerCode(owner), file: basename(file) }] : [],
  )
  const since = new Map(recorded)
  return {
    retention_s: retentionMs === undefined ? null : retentionMs / 1_000,
    machines: machines.flatMap(({ machine, file }) => {
      const fromMs = since.get(machine)
      return fromMs === undefined ? [] : [{ machine, file, recorded_from: utcText(fromMs) }]
    }),
  }
}
