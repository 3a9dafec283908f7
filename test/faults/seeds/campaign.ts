/** Lives of the simulated plant, shared by two processes, with figures at the end. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { unmet } from '../../simulation/plant/lives.ts'
import type { CampaignRun } from '../campaign.ts'
import type { Said } from './worker.ts'

const WORKERS = 2
/** Each worker says so often how far it is. */
const SAY_EVERY = 10_000
/** So many lives should meet every fault while the gateway does whatever it may be doing. */
const COVERING = 1_000

/** @returns whether every life kept what was promised */
export async function seedsCampaign(
  count: number,
  { from, isOver }: Pick<CampaignRun, 'from' | 'isOver'>,
): Promise<boolean> {
  const beganMs = performance.now()
  const met = new Set<string>()
  let [lives, events, violations] = [0, 0, 0]
  const take = (said: Said) => {
    lives += 1
    events += said.events
    for (const cell of said.met) met.add(cell)
    if (lives % SAY_EVERY === 0) console.log(`${lives} of ${count} lives`)
    if (said.violation === undefined) return
    violations += 1
    console.log(`${said.violation}\n  again: npm run faults -- --seeds 1 --from ${said.seed}`)
  }
  const shares = Array.from({ length: WORKERS }, (_, nth) => share(count, from, nth))
  const finished = await Promise.all(shares.map((one) => run(one, take, isOver)))
  const seconds = (performance.now() - beganMs) / 1_000
  console.log(
    `seeds: ${lives} lives of ten minutes from seed ${from} on, ${events} events, ${violations} violations; ` +
      `${Math.round((lives / seconds) * 3_600)} lives an hour`,
  )
  const missing = unmet(met)
  if (lives >= COVERING && missing.length > 0) console.log(`never met: ${missing.join(', ')}`)
  return violations === 0 && finished.every(Boolean)
}

/** The seeds of one worker: each of them has every second one. */
function share(
  count: number,
  from: number,
  nth: number,
): readonly [from: number, count: number, step: number] {
  return [from + nth, Math.ceil((count - nth) / WORKERS), WORKERS]
}

/** @returns whether it lived its whole share, or ended because the time was over */
async function run(
  args: readonly number[],
  take: (said: Said) => void,
  isOver: () => boolean,
): Promise<boolean> {
  const worker = fork(new URL('worker.ts', import.meta.url), args.map(String))
  worker.on('message', (said) => {
    take(said as Said)
    if (isOver()) worker.kill()
  })
  const [code] = (await once(worker, 'exit')) as [number | null]
  return code === 0 || isOver()
}
