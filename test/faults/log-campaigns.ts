/** Long campaigns on the local log alone, with what they found. */
import { rmSync, statSync } from 'node:fs'
import type { Campaign, CampaignRun } from './campaign.ts'
import { damageCampaign } from './damage/campaign.ts'
import { writeLargeLog, writeLogs } from './damage/written-logs.ts'
import { forEachNumber } from './in-turn.ts'
import { cutPower } from './power-cut/campaign.ts'
import { KEPT_FILE, KEPT_ROUNDS, keepForReplay, recordingForNow } from './power-cut/kept.ts'
import { record } from './power-cut/record.ts'
import { keepRecording, keptRecording } from './power-cut/recording.ts'
import { scratchFolder } from './scratch-folder.ts'

/** A time limit is looked at after so many images: each part replays the whole recording. */
const CUTS_A_PART = 20_000

export const LOG_CAMPAIGNS: readonly Campaign[] = [
  {
    name: 'damage',
    summary: 'damaged copies of logs, over everything that a log is made of',
    usual: { short: 300, full: 10_000 },
    play: (count, run) => damageLogs('damage', count, run),
  },
  {
    name: 'large-damage',
    summary: 'the same with logs of more than 128 MB, of which a start checks the end only',
    usual: { short: 0, full: 50 },
    play: (count, run) => damageLogs('large-damage', count, run),
  },
  {
    name: 'power-cuts',
    summary: 'power cuts in a recorded life of a log',
    usual: { short: 2_000, full: 1_000_000 },
    play: cutPowerOfLogs,
  },
]

/** @returns whether every damaged log was gone on with as it should be */
async function damageLogs(
  name: 'damage' | 'large-damage',
  count: number,
  { seed, from, isOver }: CampaignRun,
): Promise<boolean> {
  const isLarge = name === 'large-damage'
  const folder = scratchFolder()
  const damage = await damageCampaign(folder, seed, isLarge ? writeLargeLog : writeLogs)
  let logs = 0
  const damageAndSay = async (index: number) => {
    if (isOver()) return undefined
    logs += 1
    const finding = await damage(index)
    if (finding) {
      console.log(`--${name} 1 --from ${index} --seed ${seed}: ${finding.what}`)
      for (const law of finding.laws) console.log(`  ${law}`)
      console.log(`  ${finding.folder}`)
    }
    return finding
  }
  const findings = await forEachNumber({ from, to: from + count }, damageAndSay, isLarge ? 1 : undefined)
  console.log(`${name}: ${logs} logs, ${findings.length} findings`)
  if (findings.length === 0) rmSync(folder, { recursive: true })
  return findings.length === 0
}

/** @returns whether everything that was answered was there after every cut */
async function cutPowerOfLogs(
  count: number,
  { seed, from, isOver, recording: file }: CampaignRun,
): Promise<boolean> {
  const { recording, which } =
    file === undefined ? recordingForNow(KEPT_ROUNDS) : { recording: keptRecording(file), which: file }
  console.log(`power cuts: ${which}`)
  const folder = scratchFolder()
  const end = from + count
  let next = from
  let findings = 0
  while (next < end && !isOver()) {
    const to = Math.min(next + CUTS_A_PART, end)
    const found = await cutPower(folder, recording, { from: next, to, seed })
    for (const { index, what, laws, folder: image } of found) {
      console.log(`--power-cuts 1 --from ${index} --seed ${seed}: ${what}`)
      for (const law of laws) console.log(`  ${law}`)
      console.log(`  ${image}`)
    }
    findings += found.length
    next = to
  }
  console.log(`power cuts: ${next - from} images, ${findings} findings`)
  if (findings === 0) rmSync(folder, { recursive: true })
  else console.log(`--recording ${keepForReplay(recording)}`)
  return findings === 0
}

/** For machines that have no strace. */
export function keepNewRecording(): void {
  const recording = record(KEPT_ROUNDS)
  keepRecording(KEPT_FILE, recording)
  console.log(
    `${recording.steps.length} steps, schema ${recording.schema}, ${statSync(KEPT_FILE).size} bytes`,
  )
}
