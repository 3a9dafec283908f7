import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { testFolder } from '../../support/buffer.ts'
import { scratchFolder } from '../scratch-folder.ts'
import { cutPower } from './campaign.ts'
import { KEPT_FILE, KEPT_ROUNDS, keepForReplay, recordingForNow } from './kept.ts'
import { keptRecording, type Recording } from './recording.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31
const CUTS = 2_000
const CUTS_OF_KEPT = 200
const PATIENCE_MS = 15 * 60_000

function imagesFolder(): string {
  const folder = scratchFolder()
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

async function expectNoneBroken(recording: Recording, cuts: number, which: string): Promise<void> {
  const findings = await cutPower(imagesFolder(), recording, { from: 0, to: cuts, seed: SEED })
  const [first] = findings
  const words = first
    ? `${which}; npm run faults -- --power-cuts 1 --from ${first.index} --seed ${SEED} --recording ${keepForReplay(recording)}`
    : which
  expect(
    findings.map(({ index, what, laws }) => ({ index, what, laws })),
    words,
  ).toEqual([])
}

// Fault of the catalogue: [C1]
it(
  'has everything that was answered after a power cut at any moment',
  async () => {
    const { recording, which } = recordingForNow(KEPT_ROUNDS)
    console.log(`power cuts: ${which}`)
    await expectNoneBroken(recording, CUTS, which)
  },
  PATIENCE_MS,
)

// Fault of the catalogue: [C12]
it(
  'survives power cuts in the life that was recorded for machines without strace',
  async () => {
    await expectNoneBroken(keptRecording(KEPT_FILE), CUTS_OF_KEPT, 'the recording in the repository')
  },
  PATIENCE_MS,
)

it('keeps a recording of the present schema: `npm run faults -- --record` makes it anew', () => {
  const db = openBufferFile(join(testFolder(), 'outbox.db'))
  const present = db.pragma('user_version', { simple: true })
  db.close()
  const { schema, madeAt } = keptRecording(KEPT_FILE)
  console.log(`power cuts: the recording in the repository was made on ${madeAt.slice(0, 10)}`)
  expect(schema).toBe(present)
})

// Fault of the catalogue: [C10]
it(
  'finds what is missing on a disk that says that it has synced and has not',
  async () => {
    const recording = keptRecording(KEPT_FILE)
    const lying = { ...recording, steps: recording.steps.filter(({ did }) => did !== 'sync') }
    const findings = await cutPower(imagesFolder(), lying, { from: 0, to: 60, seed: SEED })
    const laws = findings.flatMap(({ laws }) => laws).join('\n')
    expect(laws).toContain('answered and gone')
  },
  PATIENCE_MS,
)
