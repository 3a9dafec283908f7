/** Long campaigns of faults, with figures at the end; `npm run faults -- --help` names them all. */
import { parseArgs } from 'node:util'
import type { Campaign, CampaignRun } from './campaign.ts'
import { CAMPAIGNS } from './campaigns.ts'
import { printCatalogue } from './catalogue-table.ts'
import { keepNewRecording } from './log-campaigns.ts'

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

const FLAGS = { help: flag, list: flag, full: flag, record: flag }
const TEXTS = {
  only: text,
  seed: text,
  from: text,
  minutes: text,
  wire: text,
  recording: text,
  evidence: text,
  size: text,
}

const USAGE = `npm run faults                     a short round of each campaign that has one
npm run faults -- --full           the numbers that docs/guarantees.md promises
npm run faults -- --NAME N         so many of one campaign; several may be named
npm run faults -- --only NAME      one campaign, as often as is usual

  --minutes M       no campaign begins anything new after that; each prints what it has played
  --seed S          the same faults again; printed at the beginning
  --from N          the first case, where cases have numbers: --damage 1 --from 4711 --seed 7 plays one again
  --wire NAME       for fuzz: this wire alone
  --recording FILE  for power-cuts: the recorded life that a finding names
  --evidence FOLDER for pairs: what explains a finding is kept there
  --size SIZE       for away: buffer.max_size of the gateway, 8GB by itself
  --list            the catalogue of faults, and what plays each of them
  --record          records a life anew for machines that have no strace, and keeps it in the repository

${CAMPAIGNS.map(({ name, summary }) => `  ${`--${name}`.padEnd(18)}${summary}`).join('\n')}`

/** Wrong words on the command line, for which the usage is the remedy. */
class Misuse extends Error {}

try {
  process.exitCode = await run(asked())
} catch (error) {
  if (!(error instanceof Misuse)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

type Asked = ReturnType<typeof asked>

function asked() {
  const options = {
    ...FLAGS,
    ...TEXTS,
    ...Object.fromEntries(CAMPAIGNS.map(({ name }) => [name, text])),
  }
  try {
    const { values } = parseArgs({ options })
    return { ...values, counts: new Map(Object.entries(values)) }
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error))
  }
}

/** @returns the exit code */
async function run(values: Asked): Promise<number> {
  if (values.help) console.log(USAGE)
  else if (values.list) printCatalogue()
  else if (values.record) keepNewRecording()
  else return (await playAll(values)) ? 0 : 1
  return 0
}

/** @returns whether no campaign found anything */
async function playAll(values: Asked): Promise<boolean> {
  const chosen = campaignsOf(values)
  const seed = numberOf('seed', values.seed) ?? Date.now() % 2 ** 31
  const minutes = numberOf('minutes', values.minutes)
  console.log(`seed ${seed}`)
  let isClean = true
  for (const { campaign, count } of chosen) {
    const deadlineMs = performance.now() + (minutes ?? Number.POSITIVE_INFINITY) * 60_000
    const options: CampaignRun = {
      seed,
      from: numberOf('from', values.from) ?? 1,
      isOver: () => performance.now() > deadlineMs,
      isFull: values.full,
      wire: values.wire,
      recording: values.recording,
      evidence: values.evidence,
      size: values.size,
      minutes,
    }
    isClean = (await campaign.play(count, options)) && isClean
  }
  return isClean
}

interface Chosen {
  readonly campaign: Campaign
  readonly count: number
}

/** Those that are named with a number; else the one of `--only`; else all that have a usual number. */
function campaignsOf({ counts, only, full }: Asked): readonly Chosen[] {
  const named = CAMPAIGNS.flatMap((campaign) => {
    const count = numberOf(campaign.name, counts.get(campaign.name))
    return count === undefined ? [] : [{ campaign, count }]
  })
  if (named.length > 0) return named
  const usual = CAMPAIGNS.map((campaign) => ({ campaign, count: campaign.usual[full ? 'full' : 'short'] }))
  if (only === undefined) return usual.filter(({ count }) => count > 0)
  const one = usual.filter(({ campaign }) => campaign.name === only)
  if (one.length === 0) throw new Misuse(`there is no campaign "${only}"`)
  return one.map(({ campaign, count }) => ({ campaign, count: count || 1 }))
}

/** @throws Misuse for what is not a whole number from 0 on */
function numberOf(option: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Misuse(`--${option} takes a whole number, not "${value}"`)
  return number
}
