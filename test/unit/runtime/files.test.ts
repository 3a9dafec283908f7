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
import { expect, it } from 'vitest'
import { clearPlace, giveToNeighbours, linkOfAnother, replaceFile } from '../../../src/runtime/files.ts'
import { testFolder } from '../../support/buffer.ts'

it('makes a file for its own user only, replaces it whole, and leaves nothing beside it', () => {
  const folder = testFolder()
  const path = join(folder, 'state.json')
  replaceFile(path, 'the first, longer text')
  replaceFile(path, 'the second')
  expect(readFileSync(path, 'utf8')).toBe('the second')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['state.json'])
})

it('is not confused by what a power cut left beside the file', () => {
  const folder = testFolder()
  writeFileSync(join(folder, '.state.json.new'), 'half of a much longer text than the new one')
  replaceFile(join(folder, 'state.json'), 'whole')
  expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('whole')
})

it('writes through no link that somebody has laid in its way', () => {
  const [folder, elsewhere] = [testFolder(), testFolder()]
  const theirs = join(elsewhere, 'theirs')
  writeFileSync(theirs, 'untouched')
  symlinkSync(theirs, join(folder, '.state.json.new'))
  replaceFile(join(folder, 'state.json'), 'ours')
  expect(readFileSync(theirs, 'utf8')).toBe('untouched')
  expect(lstatSync(join(folder, 'state.json')).isFile()).toBe(true)
  expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('ours')
})

it('has its own mode, whatever the mode of a file was that lay beside it', () => {
  const folder = testFolder()
  const beside = join(folder, '.state.json.new')
  writeFileSync(beside, '')
  chmodSync(beside, 0o666)
  replaceFile(join(folder, 'state.json'), 'secret')
  expect(statSync(join(folder, 'state.json')).mode & 0o777).toBe(0o600)
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

it('moves a folder out of the place of a file, and of what is written beside it, with all that is in it', () => {
  const folder = testFolder()
  const path = join(folder, 'state.json')
  for (const place of [path, join(folder, '.state.json.new')]) {
    mkdirSync(place)
    writeFileSync(join(place, 'of-somebody'), 'theirs')
  }
  clearPlace(path)
  replaceFile(path, 'ours')
  expect(readFileSync(path, 'utf8')).toBe('ours')
  for (const name of ['state.json.found', '.state.json.new.found'])
    expect(readFileSync(join(folder, name, 'of-somebody'), 'utf8')).toBe('theirs')
})
