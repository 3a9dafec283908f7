/** Long campaigns on the local log alone, with what they found. */
import { rmSync, statSync } from 'node:fs'
import { damageCampaign } from './damage/campaign.ts'
import { writeLargeLog, writeLogs } from './damage/written-logs.ts'
import { forEachNumber } from './in-turn.ts'
import { cutPower } from './power-cut/campaign.ts'
import { KEPT_FILE, KEPT_ROUNDS, keepForReplay, recordingForNow } from './power-cut/kept.ts'
import { record } from './power-cut/record.ts'
import { keepRecording, keptRecording } from './power-cut/recording.ts'
import { scratchFolder } from './scratch-folder.ts'

const SHORT = { damage: 300, largeDamage: 0, cuts: 2_000 }
const FULL = { damage: 10_000, largeDamage: 50, cuts: 1_000_000 }

/** Names of the options that ask for campaigns on the local log. */
export const LOCAL_OPTIONS = [
  'damage',
  'damage-at',
  'large-damage',
  'large-damage-at',
  'power-cuts',
  'cut-at',
] as const

type Options = { readonly [Name in (typeof LOCAL_OPTIONS)[number]]?: string | undefined } & {
  readonly full?: boolean
}

/** Which cases the options ask for; where they ask for no campaign at all, of each as many as are usual. */
export function casesOf(
  options: Options,
  isUnasked: boolean,
): Readonly<Record<keyof typeof FULL, Cases | undefined>> {
  const usual = options.full ? FULL : SHORT
  const cases = (count: string | undefined, at: string | undefined, usually: number): Cases | undefined => {
    if (at !== undefined) return { from: Number(at), to: Number(at) + 1 }
    if (count !== undefined) return { from: 0, to: Number(count) }
    return isUnasked && usually > 0 ? { from: 0, to: usually } : undefined
  }
  return {
    damage: cases(options.damage, options['damage-at'], usual.damage),
    largeDamage: cases(options['large-damage'], options['large-damage-at'], usual.largeDamage),
    cuts: cases(options['power-cuts'], options['cut-at'], usual.cuts),
  }
}

/** Which of the numbered cases of a seed are played. */
interface Cases {
  readonly from: number
  readonly to: number
}

/**
 * @param size `large`: logs of more than 128 MB, which a start does not check whole
 * @returns whether every damaged log was gone on with as it should be
 */
export async function damageLogs(cases: Cases, seed: number, size: 'usual' | 'large'): Promise<boolean> {
  const folder = scratchFolder()
  const name = size === 'large' ? 'large-damage' : 'damage'
  const damage = await damageCampaign(folder, seed, size === 'large' ? writeLargeLog : writeLogs)
  const damageAndSay = async (index: number) => {
    const finding = await damage(index)
    if (finding) {
      console.log(`--${name}-at ${index} --seed ${seed}: ${finding.what}`)
      for (const law of finding.laws) console.log(`  ${law}`)
      console.log(`  ${finding.folder}`)
    }
    return finding
  }
  const findings = await forEachNumber(cases, damageAndSay, size === 'large' ? 1 : undefined)
  console.log(`${name}: ${cases.to - cases.from} logs, ${findings.length} findings`)
  if (findings.length === 0) rmSync(folder, { recursive: true })
  return findings.length === 0
}

/** @returns whether everything that was answered was there after every cut */
export async function cutPowerOfLogs(cases: Cases, seed: number, file?: string): Promise<boolean> {
  const { recording, which } =
    file === undefined ? recordingForNow(KEPT_ROUNDS) : { recording: keptRecording(file), which: file }
  console.log(`power cuts: ${which}`)
  const folder = scratchFolder()
  const findings = await cutPower(folder, recording, { ...cases, seed })
  for (const { index, what, laws, folder: image } of findings) {
    console.log(`--cut-at ${index} --seed ${seed}: ${what}`)
    for (const law of laws) console.log(`  ${law}`)
    console.log(`  ${image}`)
  }
  console.log(`power cuts: ${cases.to - cases.from} images, ${findings.length} findings`)
  if (findings.length === 0) rmSync(folder, { recursive: true })
  else console.log(`--recording ${keepForReplay(recording)}`)
  return findings.length === 0
}

/** For machines that have no strace. */
export function keepNewRecording(): void {
  const recording = record(KEPT_ROUNDS)
  keepRecording(KEPT_FILE, recording)
  console.log(
    `${recording.steps.length} steps, schema ${recording.schema}, ${statSync(KEPT_FILE).size} bytes`,
  )
}
