import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  clearPlace,
  giveToNeighbours,
  linkOfAnother,
  replaceFile,
  replaceFileSync,
} from '../../../src/runtime/files.ts'
import { testFolder } from '../../support/buffer.ts'

describe.each([
  ['while everything else waits', async (path: string, text: string) => replaceFileSync(path, text)],
  ['while everything else goes on', replaceFile],
])('a file that is replaced %s', (_, replace) => {
  it('makes a file for its own user only, replaces it whole, and leaves nothing beside it', async () => {
    const folder = testFolder()
    const path = join(folder, 'state.json')
    await replace(path, 'the first, longer text')
    await replace(path, 'the second')
    expect(readFileSync(path, 'utf8')).toBe('the second')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['state.json'])
  })

  it('is not confused by what a power cut left beside the file', async () => {
    const folder = testFolder()
    writeFileSync(join(folder, '.state.json.new'), 'half of a much longer text than the new one')
    await replace(join(folder, 'state.json'), 'whole')
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('whole')
  })

  it('writes through no link that somebody has laid in its way', async () => {
    const [folder, elsewhere] = [testFolder(), testFolder()]
    const theirs = join(elsewhere, 'theirs')
    writeFileSync(theirs, 'untouched')
    symlinkSync(theirs, join(folder, '.state.json.new'))
    await replace(join(folder, 'state.json'), 'ours')
    expect(readFileSync(theirs, 'utf8')).toBe('untouched')
    expect(lstatSync(join(folder, 'state.json')).isFile()).toBe(true)
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('ours')
  })

  it('has its own mode, whatever the mode of a file was that lay beside it', async () => {
    const folder = testFolder()
    const beside = join(folder, '.state.json.new')
    writeFileSync(beside, '')
    chmodSync(beside, 0o666)
    await replace(join(folder, 'state.json'), 'secret')
    expect(statSync(join(folder, 'state.json')).mode & 0o777).toBe(0o600)
  })

  it('moves a folder out of the place of a file, and of what is written beside it, with all that is in it', async () => {
    const folder = testFolder()
    const path = join(folder, 'state.json')
    for (const place of [path, join(folder, '.state.json.new')]) {
      mkdirSync(place)
      writeFileSync(join(place, 'of-somebody'), 'theirs')
    }
    clearPlace(path)
    await replace(path, 'ours')
    expect(readFileSync(path, 'utf8')).toBe('ours')
    for (const name of ['state.json.found', '.state.json.new.found'])
      expect(readFileSync(join(folder, name, 'of-somebody'), 'utf8')).toBe('theirs')
  })
})

it('moves a second folder out of the place of a file beside the first one, and beside a file that has its name', () => {
  const folder = testFolder()
  const path = join(folder, 'state.json')
  writeFileSync(`${path}.found`, 'a file of somebody')
  for (const theirs of ['first', 'second']) {
    mkdirSync(path)
    writeFileSync(join(path, 'of-somebody'), theirs)
    clearPlace(path)
  }
  expect(readdirSync(folder).sort()).toEqual(['state.json.found', 'state.json.found-2', 'state.json.found-3'])
  expect(readFileSync(`${path}.found`, 'utf8')).toBe('a file of somebody')
  expect(readFileSync(join(`${path}.found-2`, 'of-somebody'), 'utf8')).toBe('first')
})

it('knows a link of another user, at the end of a path and on the way there', () => {
  const [folder, elsewhere] = [testFolder(), testFolder()]
  const link = join(folder, 'maps')
  symlinkSync(elsewhere, link)
  const { uid } = lstatSync(link)
  // Whatever root has laid is trusted; and only root is asked to look.
  expect(linkOfAnother(join(link, 'a.json'), 0)).toBe(uid === 0 ? undefined : link)
  expect(linkOfAnother(join(link, 'a.json'), uid + 1)).toBeUndefined()
  expect(linkOfAnother(join(elsewhere, 'none', 'a.json'), 0)).toBeUndefined()
})

it.runIf(process.getuid?.() === 0)('gives away a link itself, and never what it leads to', () => {
  const [folder, elsewhere] = [testFolder(), testFolder()]
  const theirs = join(elsewhere, 'theirs')
  writeFileSync(theirs, '')
  chownSync(folder, 12_345, 12_345)
  const link = join(folder, 'link')
  symlinkSync(theirs, link)
  giveToNeighbours(link)
  expect([statSync(theirs).uid, lstatSync(link).uid]).toEqual([0, 12_345])
  expect(linkOfAnother(link, 0)).toBe(link)
})
