/**
 * Random days in the life of a machine, held against the laws of its rows.
 *
 *   npm run days                                          20,000 days
 *   npm run days -- --days 1000000 --seed 7               as many as you like
 *   npm run days -- --kind stepped --seed 7 --path 12:3   one that was found, again
 */
import { parseArgs } from 'node:util'
import { KINDS, type Kind } from './day.ts'
import { tryDays } from './try-days.ts'

/** After so many days the count is printed. */
const ROUND = 10_000

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kind: { type: 'string' },
    path: { type: 'string' },
  },
})
const seed = Number(values.seed)
const all = Object.keys(KINDS) as Kind[]
const kinds = all.filter((kind) => values.kind === undefined || values.kind === kind)

console.log(`seed ${seed}`)
for (const kind of kinds) {
  const wanted = values.path === undefined ? Math.ceil(Number(values.days) / kinds.length) : 1
  for (let done = 0; done < wanted; done += ROUND) {
    const days = Math.min(ROUND, wanted - done)
    const where = values.path === undefined ? {} : { path: values.path }
    const broken = await tryDays(kind, { days, seed: seed + done, ...where })
    if (broken) {
      console.log(`${broken.again}\n${broken.story}\n${broken.breaches.join('\n')}`)
      process.exitCode = 1
      break
    }
    console.log(`${kind}: ${done + days} days, no law broken`)
  }
}
