/** What is asked of the last good and former maps, killed at any moment: the disk shows what an earlier moment asked for. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../simulators/random.ts'
import { machineOwner, type Owner, stationOwner } from '../../../src/domain/owner.ts'
import { type GoodMap, readGoodMaps } from '../../../src/maps/good-maps.ts'
import { KeptMaps } from '../../../src/maps/kept-maps.ts'
import { testFolder } from '../../support/buffer.ts'

const SEED = Number(process.env.SEED ?? 1)
const LIVES = 40
const STEPS = 30
const OWNERS: readonly Owner[] = [machineOwner('A'), stationOwner('A'), machineOwner('former')]

const mapOf = (owner: Owner, text: string): GoodMap => ({
  ...{ owner, text, name: 'a.yaml', file: 'devices/a.yaml' },
  ...{ loadedAtMs: 0, profiles: {}, tables: {} },
})
const place = { file: 'devices/a.yaml', line: 1, column: 1 }

type Texts = ReadonlyMap<string, string>
const textsOf = (maps: ReadonlyMap<Owner, GoodMap>): Texts =>
  new Map([...maps].map(([owner, { text }]) => [owner, text]))
const written = (all: Texts, what: string) =>
  [...all]
    .map(([owner, text]) => `${what} ${owner}: ${text}`)
    .toSorted()
    .join('\n')

/** Both folders at one moment, though the disk goes on meanwhile: undefined where it did. */
function onDisk(folder: string): string | undefined {
  const good = () => written(textsOf(readGoodMaps(folder, folder).maps), 'good')
  const before = good()
  const former = written(textsOf(readGoodMaps(join(folder, 'former'), folder).maps), 'former')
  return before === good() ? `${before}\n${former}` : undefined
}

function readAtOnce(reading: ReturnType<KeptMaps['reading']>): ReadonlyMap<Owner, GoodMap> {
  for (;;) {
    const step = reading.next()
    if (step.done) return step.value.maps
  }
}

async function live(seed: number): Promise<void> {
  const random = seededRandom(seed, 'kept maps')
  const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
  const folder = join(testFolder(), 'maps')
  const kept = new KeptMaps(folder, folder)
  const good = new Map<string, string>()
  const former = new Map<string, string>()
  const moments = [`${written(good, 'good')}\n${written(former, 'former')}`]
  let atLeast = 0
  const killed = () => {
    const found = onDisk(folder)
    if (found === undefined) return
    const at = moments.lastIndexOf(found)
    expect(at, `seed ${seed}, moment ${moments.length}: ${found}`).toBeGreaterThanOrEqual(atLeast)
  }
  for (let step = 0; step < STEPS; step += 1) {
    const owner = oneOf(OWNERS)
    const text = `${seed}-${step}`
    const asked = oneOf(['keep', 'keep', 'forget', 'keep former', 'forget former'] as const)
    if (asked === 'keep') kept.keep(mapOf(owner, text), place)
    if (asked === 'keep') good.set(owner, text)
    if (asked === 'forget') kept.forget(owner)
    if (asked === 'forget') good.delete(owner)
    if (asked === 'keep former') kept.keepFormer(mapOf(owner, text))
    if (asked === 'keep former') former.set(owner, text)
    if (asked === 'forget former') kept.forgetFormer(owner)
    if (asked === 'forget former') former.delete(owner)
    moments.push(`${written(good, 'good')}\n${written(former, 'former')}`)
    // Whoever reads the folder meanwhile finds what is on its way there.
    expect(textsOf(readAtOnce(kept.reading())), `seed ${seed}`).toEqual(new Map(good))
    const waits = Math.floor(random() * 4)
    for (let turn = 0; turn < waits; turn += 1) await nextTurnOfTheLoop()
    killed()
    if (random() < 0.1) {
      await kept.settled()
      atLeast = moments.length - 1
    }
  }
  if (random() < 0.5) kept.stop()
  else atLeast = moments.length - 1
  await kept.settled()
  killed()
  expect(onDisk(folder)).toBeDefined()
  rmSync(folder, { recursive: true, force: true })
}

test(`after a kill at any moment there is what an earlier moment asked for, over ${LIVES} lives`, async () => {
  for (let life = 0; life < LIVES; life += 1) await live(SEED + life)
})

test('what comes to the disk between two steps of a reading is so as it was asked for', async () => {
  const folder = join(testFolder(), 'maps')
  const kept = new KeptMaps(folder, folder)
  const owners = Array.from({ length: 20 }, (_, at) => machineOwner(`M${String(at).padStart(2, '0')}`))
  const [first, second] = owners as [Owner, Owner]
  for (const owner of owners) kept.keep(mapOf(owner, 'old'), place)
  await kept.settled()
  kept.forget(first)
  kept.keep(mapOf(second, 'new'), place)
  const reading = kept.reading()
  expect(reading.next().done).toBe(false)
  await kept.settled()
  await nextTurnOfTheLoop()
  const maps = textsOf(readAtOnce(reading))
  expect(maps.get(first)).toBeUndefined()
  expect(maps.get(second)).toBe('new')
  expect(maps.size).toBe(owners.length - 1)
})
