/** What is asked of the last good and former maps, killed at any moment: the disk shows what an earlier moment asked for. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../simulators/random.ts'
import { machineOwner, type Owner, stationOwner } from '../../../src/domain/owner.ts'
import { type GoodMap, readGoodMaps } from '../../../src/maps/good-maps.ts'
import { KeptMaps } from '../../../src/maps/kept-maps.ts'
import { testFolder } from '../../support/buffer.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'
import { whileUnread } from '../../support/unread.ts'

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

const MACHINE = machineOwner('A')

/** Leaves no room on a disk. @returns what makes room again */
function fill(folder: string): () => void {
  const file = join(folder, 'filler')
  for (let bytes = 1_000_000; bytes >= 1; bytes /= 10) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // So much does not fit any more.
    }
  }
  return () => rmSync(file)
}

test.runIf(canMount)(
  'a refusal that a full disk does not take: the trial is not over for the next start, and it is said',
  async () => {
    const disk = smallDisk('1m')
    const folder = join(disk.folder, 'maps')
    const kept = new KeptMaps(folder, folder)
    kept.keepFormer(mapOf(MACHINE, 'before'))
    kept.keep(mapOf(MACHINE, 'wrong'), place)
    await kept.settled()
    const makeRoom = fill(disk.folder)
    kept.keep({ ...mapOf(MACHINE, 'before'), refused: { content: 'wrong', why: 'nothing' } }, place)
    kept.forgetFormer(MACHINE)
    await kept.settled()
    expect(kept.unkept.get(MACHINE)).toMatchObject([
      {
        message: expect.stringContaining('the disk is full'),
        hint: expect.stringContaining('free some space'),
      },
    ])
    const next = new KeptMaps(folder, folder)
    expect([textsOf(readAtOnce(next.reading())), textsOf(next.readFormer())]).toEqual([
      new Map([[MACHINE, 'wrong']]),
      new Map([[MACHINE, 'before']]),
    ])
    expect(readdirSync(folder)).toEqual(['A.json', 'former'])
    makeRoom()
    kept.tryAgain()
    await kept.settled()
    expect(kept.unkept.size).toBe(0)
    expect(readGoodMaps(folder, folder).maps.get(MACHINE)).toMatchObject({ text: 'before', refused: {} })
    expect(kept.readFormer().size).toBe(0)
  },
)

test('what cannot be removed is said, and goes once it can be', async () => {
  const folder = join(testFolder(), 'maps')
  const kept = new KeptMaps(folder, folder)
  kept.keep(mapOf(MACHINE, 'one'), place)
  await kept.settled()
  await whileUnread(folder, async () => {
    kept.forget(MACHINE)
    await kept.settled()
  })
  expect(kept.unkept.get(MACHINE)?.[0]?.message).toContain('could not be removed')
  expect(readAtOnce(kept.reading()).size).toBe(0)
  kept.tryAgain()
  await kept.settled()
  expect(kept.unkept.size).toBe(0)
  expect(readGoodMaps(folder, folder).maps.size).toBe(0)
})

test('half a file that a kill has left is gone with the next start, also where its map is kept no more', async () => {
  const folder = join(testFolder(), 'maps')
  const kept = new KeptMaps(folder, folder)
  kept.keep(mapOf(MACHINE, 'one'), place)
  await kept.settled()
  const left = join(folder, '.B.json.new')
  writeFileSync(left, '{"owner":')
  const next = new KeptMaps(folder, folder)
  next.keep(mapOf(MACHINE, 'two'), place)
  await next.settled()
  expect(existsSync(left)).toBe(false)
})

test('a data folder that was moved away is not made again: it can be put back, and has all of it then', async () => {
  const dataFolder = join(testFolder(), 'data')
  mkdirSync(dataFolder)
  const folder = join(dataFolder, 'maps')
  const kept = new KeptMaps(folder, folder)
  kept.keep(mapOf(MACHINE, 'one'), place)
  await kept.settled()
  renameSync(dataFolder, `${dataFolder}-away`)
  kept.keepFormer(mapOf(MACHINE, 'one'))
  kept.keep(mapOf(MACHINE, 'two'), place)
  await kept.settled()
  expect(existsSync(dataFolder)).toBe(false)
  expect(kept.unkept.get(MACHINE)?.[0]?.hint).toContain(`put ${dataFolder}`)
  renameSync(`${dataFolder}-away`, dataFolder)
  kept.tryAgain()
  await kept.settled()
  expect(kept.unkept.size).toBe(0)
  expect(textsOf(readGoodMaps(folder, folder).maps)).toEqual(new Map([[MACHINE, 'two']]))
  // And its own folder, which somebody has removed, is made again.
  rmSync(folder, { recursive: true })
  kept.keepFormer(mapOf(MACHINE, 'two'))
  await kept.settled()
  expect(kept.readFormer().size).toBe(1)
})
