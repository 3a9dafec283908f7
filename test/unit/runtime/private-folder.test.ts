import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makePrivateFolder } from '../../../src/runtime/private-folder.ts'

function folderOf(files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-private-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true, mode: 0o755 })
    writeFileSync(join(folder, file), '')
    chmodSync(join(folder, file), 0o664)
  }
  chmodSync(folder, 0o755)
  return folder
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('takes the rights of others from a folder that was there, and from all that the gateway keeps in it', () => {
  const files = [
    'lock',
    'outbox.db',
    'outbox.db-wal',
    'outbox.db.reserve',
    'running.json',
    'left-out-1.ndjson',
    'damaged-1/outbox.db',
    'maps/PRESS-01.yaml',
    'opcua/pki/own/private/key.pem',
  ]
  const folder = folderOf(files)
  expect(makePrivateFolder(folder)).toEqual([])
  expect(files.map((file) => modeOf(join(folder, file)))).toEqual(files.map(() => '600'))
  for (const sub of ['.', 'damaged-1', 'opcua', 'opcua/pki/own/private'])
    expect(modeOf(join(folder, sub))).toBe('700')
})

test('leaves files of others, and what a link leads to, as they are', () => {
  const elsewhere = folderOf(['target'])
  const folder = folderOf(['devices/press.yaml', 'notes.txt'])
  symlinkSync(join(elsewhere, 'target'), join(folder, 'outbox.db'))
  makePrivateFolder(folder)
  expect(modeOf(join(folder, 'notes.txt'))).toBe('664')
  expect(modeOf(join(folder, 'devices', 'press.yaml'))).toBe('664')
  expect(modeOf(join(elsewhere, 'target'))).toBe('664')
})

test('makes a folder that is missing', () => {
  const folder = join(folderOf([]), 'data', 'edge')
  expect(makePrivateFolder(folder)).toEqual([])
  expect(modeOf(folder)).toBe('700')
})
