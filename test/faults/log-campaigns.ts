/** Long campaigns on the local log alone, with what they found. */
import { rmSync } from 'node:fs'
import { damageCampaign } from './damage/campaign.ts'
import { forEachNumber } from './in-turn.ts'
import { scratchFolder } from './scratch-folder.ts'

/** Which of the numbered cases of a seed are played. */
export interface Cases {
  readonly from: number
  readonly to: number
}

/** @returns whether every damaged log was gone on with as it should be */
export async function damageLogs(cases: Cases, seed: number): Promise<boolean> {
  const folder = scratchFolder()
  const damage = await damageCampaign(folder, seed)
  const findings = await forEachNumber(cases, async (index) => {
    const finding = await damage(index)
    if (finding) {
      console.log(`damage ${index}, seed ${seed}: ${finding.what}`)
      for (const law of finding.laws) console.log(`  ${law}`)
      console.log(`  ${finding.folder}`)
    }
    return finding
  })
  console.log(`damage: ${cases.to - cases.from} logs, ${findings.length} findings`)
  if (findings.length === 0) rmSync(folder, { recursive: true })
  return findings.length === 0
}

/** @returns whether everything that was answered was there after every cut */
export async function cutPowerOfLogs(cases: Cases, seed: number): Promise<boolean> {
  const { recording, which } = recordingForNow(KEPT_ROUNDS)
  console.log(`power cuts: ${which}`)
  const folder = scratchFolder()
  const findings = await cutPower(folder, recording, { ...cases, seed })
  for (const { index, what, laws, folder: image } of findings) {
    console.log(`cut ${index}, seed ${seed}: ${what}`)
    for (const law of laws) console.log(`  ${law}`)
    console.log(`  ${image}`)
  }
  console.log(`power cuts: ${cases.to - cases.from} images, ${findings.length} findings`)
  if (findings.length === 0) rmSync(folder, { recursive: true })
  else keepRecording(join(folder, 'recorded-life.br'), recording)
  return findings.length === 0
}
