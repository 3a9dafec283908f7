/** Lives its share of the seeds, and tells of each. */
import { live } from '../../simulation/plant/life.ts'
import { stacksWhereWrong } from '../../simulation/stacks.ts'

/** What one life came to. */
export interface Said {
  readonly seed: number
  readonly violation: string | undefined
  readonly events: number
  readonly met: readonly string[]
}

/** One in so many is lived twice, and must be the same to the last message. */
const TWICE_EVERY = 100

const [from = 1, count = 0, step = 1] = process.argv.slice(2).map(Number)
for (let nth = 0; nth < count; nth += 1) {
  const seed = from + nth * step
  const { violation, events, met, trace } = await stacksWhereWrong(() => live(seed))
  const isOther = seed % TWICE_EVERY === 0 && (await live(seed)).trace !== trace
  const found = isOther ? `seed ${seed}: the second life is not the first one` : violation
  const said: Said = { seed, violation: found, events, met: [...met] }
  process.send?.(said)
}
process.disconnect()
