import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import {
  noteAppliedMap,
  readMapHistories,
  readMapHistory,
  readMapVersion,
  savedBy,
} from '../../../src/maps/map-history.ts'
import { whileUnread } from '../../support/unread.ts'

test('a map that was taken back is of whoever saved it, and not of whoever saved the one that did not read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-map-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'press-07.yaml')
  const owner = machineOwner('PRESS-07')
  const save = (seconds: number) => {
    writeFileSync(path, `${seconds}`)
    utimesSync(path, seconds, seconds)
  }
  const note = (content: string, what: string | null, from: string | null) =>
    noteAppliedMap(folder, owner, {
      ...{ atMs: 0, file: 'press-07.yaml', content, what, texts: undefined },
      saved: { inConsole: undefined, byFile: from === null ? null : savedBy(from) },
    })

  save(100)
  await note('aaaa', null, path)
  save(200)
  await note('bbbb', '1 signal changed: state', path)
  await note('aaaa', 'rolled back: 1 signal changed: state', null)
  // Its history may have been dropped: then nobody is named.
  await note('cccc', 'rolled back', null)

  const [history] = await readMapHistories(folder)
  expect(history?.maps.map(({ content, saved }) => [content, saved])).toEqual([
    ['aaaa', '1970-01-01T00:01:40.000Z'],
    ['bbbb', '1970-01-01T00:03:20.000Z'],
    ['aaaa', '1970-01-01T00:01:40.000Z'],
    ['cccc', null],
  ])
})

const PRESS = machineOwner('PRESS-07')
const textsOf = (text: string) => ({ text, profiles: { drive: 'maker: Some\n' }, tables: {} })

/** A history in a folder of its own, with what is noted in it. */
function history() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-map-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  let atMs = 0
  return {
    folder,
    file: join(folder, 'map-history', 'machine@PRESS-07.json'),
    note: (content: string, text: string, what: string | null = 'rule 1 changed', author?: string) => {
      atMs += 1_000
      return noteAppliedMap(folder, PRESS, {
        ...{ atMs, file: 'press-07.yaml', content, what, texts: textsOf(text) },
        saved: { inConsole: author === undefined ? undefined : { author, atMs: atMs - 1 }, byFile: null },
      })
    },
    maps: async () => (await readMapHistory(folder, PRESS)).maps,
  }
}

test('the texts of the last versions are kept, each once, and the oldest give way', async () => {
  const { folder, note, maps, file } = history()
  for (let version = 0; version < 80; version += 1)
    await note(`v${version}`, `machine: PRESS-07 # ${version}\n`)
  await note('v79', 'machine: PRESS-07 # 79\n')
  expect(await maps()).toHaveLength(81)
  expect((await maps()).filter(({ isKept }) => isKept)).toHaveLength(51)
  expect(await readMapVersion(folder, PRESS, 'v79')).toEqual(textsOf('machine: PRESS-07 # 79\n'))
  expect(await readMapVersion(folder, PRESS, 'v29')).toBeUndefined()
  expect(statSync(file).size).toBeLessThan(40_000)
})

test('versions of a map of the largest size never fill the disk, and the newest is kept', async () => {
  const { folder, note, file } = history()
  let seed = 7
  const noise = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed.toString(36)
  }
  for (let version = 0; version < 6; version += 1) {
    await note(`v${version}`, Array.from({ length: 60_000 }, noise).join(' '))
  }
  expect((await readMapVersion(folder, PRESS, 'v5'))?.text.length).toBeGreaterThan(300_000)
  expect(await readMapVersion(folder, PRESS, 'v0')).toBeUndefined()
  expect(statSync(file).size).toBeLessThan(2_000_000)
})

test('a history that an earlier version wrote is still read, and what is in force is kept from the next start on', async () => {
  const { folder, note, maps, file } = history()
  const entry = { at: '2026-01-31T09:00:00.000Z', file: 'press-07.yaml', content: 'aaaa', author: 'anna' }
  mkdirSync(join(folder, 'map-history'))
  writeFileSync(
    file,
    JSON.stringify({ owner: PRESS, maps: [{ ...entry, saved: null, what: 'the first one' }] }),
  )
  expect(await maps()).toMatchObject([{ author: 'anna', isKept: false }])
  await note('aaaa', 'machine: PRESS-07\n', null)
  expect(await maps()).toMatchObject([{ author: 'anna', content: 'aaaa', isKept: true }])
  expect((await readMapVersion(folder, PRESS, 'aaaa'))?.text).toBe('machine: PRESS-07\n')
})

test('whoever was signed in at the console is the author of what was saved there', async () => {
  const { note, maps } = history()
  await note('aaaa', 'machine: PRESS-07\n', null)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-map-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const saved = await noteAppliedMap(folder, PRESS, {
    ...{ atMs: 9_000, file: 'press-07.yaml', content: 'bbbb', what: 'rule 1 changed' },
    texts: textsOf('machine: PRESS-07\n'),
    saved: { inConsole: { author: 'anna', atMs: 8_000 }, byFile: savedBy('/nowhere') },
  })
  expect(saved).toBeUndefined()
  expect((await readMapHistory(folder, PRESS)).maps).toMatchObject([
    { author: 'anna', saved: '1970-01-01T00:00:08.000Z' },
  ])
  expect(await maps()).toMatchObject([{ author: null }])
})

test('a history that cannot be read for a moment is not begun again over what it holds', async () => {
  const { note, maps, file } = history()
  await note('aaaa', 'machine: PRESS-07\n', null)
  const unread = await whileUnread(file, () => note('bbbb', 'machine: PRESS-07 # 2\n'))
  expect(unread).toMatchObject({ hint: expect.stringContaining('it is tried again by itself') })
  await note('bbbb', 'machine: PRESS-07 # 2\n')
  expect((await maps()).map(({ content }) => content)).toEqual(['aaaa', 'bbbb'])
})
