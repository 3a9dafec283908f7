/** How a release gets onto the disk: nothing of the one in force is touched before the switch, and what fails leaves nothing behind. */
import { cpSync, lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { installRelease } from '../../../src/releases/install-release.ts'
import { currentRelease, type ReleaseNote } from '../../../src/releases/release-folder.ts'
import { testFolder } from '../../support/buffer.ts'
import { makeRepository } from '../../support/git-repository.ts'
import { machinesOfRelease, numbersInForce, wholeRelease } from '../../support/release-of-many.ts'
import { codesOf, releasedMap, releaseSite } from '../../support/release-site.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'

const NOTE: Omit<ReleaseNote, 'since'> = {
  ...{ name: 'git-1', kind: 'git', from: 'one place', line: 'one place' },
  ...{ counter: 1, id: '1', signer: null },
}
const FILES = machinesOfRelease(40_101)

let dataFolder: string

beforeEach(() => {
  dataFolder = testFolder()
})

function install(parts: Partial<Parameters<typeof installRelease>[1]> = {}, from = 'one place') {
  return installRelease(
    { note: { ...NOTE, from, line: from }, files: FILES },
    {
      dataFolder,
      judge: async () => [],
      between: async (change) => change(),
      nowMs: () => Date.now(),
      ...parts,
    },
  )
}

test('the same commit from another place never takes the maps in force away', async () => {
  await install()
  const seen: unknown[] = []
  const again = await install({ done: () => seen.push(numbersInForce(dataFolder)) }, 'another place')
  expect(seen).toHaveLength(7)
  for (const one of seen) expect(one).toEqual(wholeRelease(40_101))
  expect(currentRelease(dataFolder)).toEqual(again)
  expect(again).toMatchObject({ from: 'another place', id: '1' })
  // And back to the first place.
  await install({ done: () => expect(numbersInForce(dataFolder)).toEqual(wholeRelease(40_101)) })
  expect(currentRelease(dataFolder)).toMatchObject({ from: 'one place' })
})

test('a repository that moves to another address keeps its machines', async () => {
  const site = releaseSite()
  const commit = { 'devices/press-07.yaml': releasedMap('PRESS-07') }
  makeRepository(join(site.folder, 'one')).commit(commit)
  await site.look('{git: {path: one}}')
  cpSync(join(site.folder, 'one'), join(site.folder, 'two'), { recursive: true })
  const { summary, troubles } = await site.look('{git: {path: two}}')
  expect(troubles).toEqual([])
  expect(summary.from).toContain('two')
  expect(site.maps()).toEqual({ 'press-07.yaml': commit['devices/press-07.yaml'] })
})

test.skipIf(!canMount)(
  'a disk that is really full keeps the release in force and nothing of the next',
  async () => {
    dataFolder = smallDisk('1m').folder
    await install()
    const note = { ...NOTE, name: 'git-2', id: '2' }
    const large = Buffer.alloc(300_000, '#')
    const files = [...FILES, ...[1, 2, 3, 4].map((n) => ({ path: `devices/t-${n}.csv`, bytes: large }))]
    const parts = { dataFolder, judge: async () => [], nowMs: () => Date.now() }
    await expect(
      installRelease({ note, files }, { ...parts, between: async (change) => change() }),
    ).rejects.toThrow('ENOSPC')
    expect(readdirSync(join(dataFolder, 'releases')).sort()).toEqual(['current', 'git-1'])
    expect(numbersInForce(dataFolder)).toEqual(wholeRelease(40_101))
  },
)

test('a folder of releases that cannot be written is said as such, and looked at again', async () => {
  const site = releaseSite()
  makeRepository(join(site.folder, 'checkout')).commit({ 'devices/press-07.yaml': releasedMap('PRESS-07') })
  const releases = join(site.dataFolder, 'releases')
  writeFileSync(releases, 'in the way')
  const look = site.looks('{git: {path: checkout}}')
  const { troubles } = await look()
  expect(troubles).toMatchObject([{ code: 'release-unreachable' }])
  expect(troubles[0]?.what).toContain('it could not be read or written here')
  rmSync(releases)
  expect(codesOf(await look())).toEqual([])
})

test('a data folder that was copied without its links takes the next release all the same', async () => {
  await install()
  const releases = join(dataFolder, 'releases')
  rmSync(join(releases, 'current'))
  cpSync(join(releases, 'git-1'), join(releases, 'current'), { recursive: true })
  await install({}, 'another place')
  expect(lstatSync(join(releases, 'current')).isSymbolicLink()).toBe(true)
  expect(currentRelease(dataFolder)).toMatchObject({ from: 'another place' })
})

test('other work goes on while the files are written', async () => {
  let turns = 0
  let isOver = false
  const turn = () => {
    turns += 1
    if (!isOver) setImmediate(turn)
  }
  turn()
  await install({
    judge: async () => {
      isOver = true
      return []
    },
  })
  expect(turns).toBeGreaterThan(FILES.length)
})
