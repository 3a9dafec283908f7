import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bytesOf, readFileText } from '../../../../src/maps/edit/file-text.ts'
import { removeFile, writeFileLike } from '../../../../src/maps/edit/write-file.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'millrace-write-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const isRoot = process.geteuid?.() === 0
const SOMEBODY = 12_345

test('a file keeps its mode, and nothing is left beside it', async () => {
  const path = join(folder(), 'press.yaml')
  writeFileSync(path, 'old')
  chmodSync(path, 0o664)
  await writeFileLike(path, Buffer.from('new'))
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o664)
  expect(readdirSync(join(path, '..'))).toEqual(['press.yaml'])
})

test.runIf(isRoot)('a file keeps its owner, and a new one belongs to the owner of its folder', async () => {
  const place = folder()
  chownSync(place, SOMEBODY, SOMEBODY)
  const [old, made] = ['old.yaml', 'new.yaml'].map((name) => join(place, name))
  writeFileSync(String(old), 'old')
  chownSync(String(old), SOMEBODY, SOMEBODY + 1)
  await writeFileLike(String(old), Buffer.from('new'))
  await writeFileLike(String(made), Buffer.from('new'))
  expect([statSync(String(old)), statSync(String(made))]).toMatchObject([
    { uid: SOMEBODY, gid: SOMEBODY + 1 },
    { uid: SOMEBODY, gid: SOMEBODY },
  ])
})

test('a link stays a link, and a copy that somebody planted beside the file is not written through', async () => {
  const place = folder()
  const [target, link, planted] = ['target.yaml', 'press.yaml', 'elsewhere'].map((name) => join(place, name))
  writeFileSync(String(target), 'old')
  writeFileSync(String(planted), 'theirs')
  symlinkSync('target.yaml', String(link))
  symlinkSync('elsewhere', join(place, '.target.yaml.new'))
  await writeFileLike(String(link), Buffer.from('new'))
  expect(lstatSync(String(link)).isSymbolicLink()).toBe(true)
  expect([readFileSync(String(target), 'utf8'), readFileSync(String(planted), 'utf8')]).toEqual([
    'new',
    'theirs',
  ])
})

/** Writes as a user who may write the file and not make another one beside it, on a disk that has room for 512 bytes of it. */
function writeOnFullDisk(path: string, text: string) {
  const module = new URL('../../../../src/maps/edit/write-file.ts', import.meta.url)
  const script = `import { writeFileLike } from ${JSON.stringify(module.href)}
await writeFileLike(${JSON.stringify(path)}, Buffer.from(${JSON.stringify(text)}))`
  return spawnSync(
    'sh',
    ['-c', 'ulimit -f 1; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    {
      encoding: 'utf8',
      ...(isRoot && { uid: SOMEBODY, gid: SOMEBODY }),
    },
  )
}

test('a disk that is full in the middle of a save leaves the file as it was, where it is written in its place', () => {
  const place = folder()
  const path = join(place, 'codes.csv')
  const old = 'fault;code\n1;jam\n2;tool\n'
  writeFileSync(path, old)
  chmodSync(path, 0o666)
  chmodSync(place, 0o555)
  const fits = `${old}3;door\n`
  expect(writeOnFullDisk(path, fits)).toMatchObject({ status: 0 })
  expect(readFileSync(path, 'utf8')).toBe(fits)
  const { status, stderr } = writeOnFullDisk(path, `fault;code\n${'7;other\n'.repeat(500)}`)
  expect([status, stderr]).toEqual([1, expect.stringContaining('EFBIG')])
  expect(readFileSync(path, 'utf8')).toBe(fits)
  expect(writeOnFullDisk(path, old)).toMatchObject({ status: 0 })
  expect(readFileSync(path, 'utf8')).toBe(old)
  chmodSync(place, 0o755)
})

test('a removed file is gone', async () => {
  const path = join(folder(), 'press.yaml')
  writeFileSync(path, '')
  await removeFile(path)
  await expect(removeFile(path)).rejects.toThrow('ENOENT')
})

test.each([
  ['lines that end in LF', 'a\nb\n'],
  ['lines that end in CR LF', 'a\r\nb\r\n'],
  ['a byte order mark', '\uFEFFa\r\nb'],
  ['letters of many languages', 'text: Grün, čekić, ø\n'],
])('a text that is saved as it was read is the same file: %s', async (_, text) => {
  const path = join(folder(), 'press.yaml')
  writeFileSync(path, text)
  const read = readFileText({ path })
  expect(read.text).not.toMatch(/[\r\uFEFF]/)
  expect(Buffer.from(bytesOf(read.text, read.form)).toString()).toBe(text)
})

test('a file in the code page of Windows is shown with its letters, and saved as UTF-8', () => {
  const path = join(folder(), 'codes.csv')
  writeFileSync(path, Buffer.from('fault;code\r\n1;St\xf6rung\r\n', 'latin1'))
  const { text, form } = readFileText({ path })
  expect(text).toBe('fault;code\n1;Störung\n')
  expect(Buffer.from(bytesOf(text, form)).toString('utf8')).toBe('fault;code\r\n1;Störung\r\n')
})
