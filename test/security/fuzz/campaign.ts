/** For the command line: as many changed recordings at each parser as there is time for. */
import { fuzz } from './fuzz.ts'
import { fuzzTargets } from './targets.ts'

/** @returns whether nothing was wrong */
export async function parsersCampaign(cases: number, seed: number): Promise<boolean> {
  let isClean = true
  for (const target of await fuzzTargets()) {
    const { casesPerSecond, slowestMs, grownBytes, findings } = fuzz(target, cases, seed)
    console.log(
      `parsers ${target.name}: ${cases} texts, ${casesPerSecond.toFixed(0)} a second, the slowest ${slowestMs.toFixed(0)} ms, ` +
        `memory grew by ${(grownBytes / 1_048_576).toFixed(0)} MiB, ${findings.length} findings`,
    )
    for (const finding of findings) console.log(`  ${finding}`)
    isClean &&= findings.length === 0
  }
  return isClean
}
