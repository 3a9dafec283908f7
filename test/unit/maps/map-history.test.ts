import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import { noteAppliedMap, readMapHistories } from '../../../src/maps/map-history.ts'

test('a map that was taken back is of whoever saved it, and not of whoever saved the one that did not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-map-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'press-07.yaml')
  const owner = machineOwner('PRESS-07')
  const save = (seconds: number) => {
    writeFileSync(path, `${seconds}`)
    utimesSync(path, seconds, seconds)
  }
  const note = (content: string, what: string | null, from: string | null) =>
    noteAppliedMap(folder, owner, { atMs: 0, file: 'press-07.yaml', content, what, path: from })

  save(100)
  note('aaaa', null, path)
  save(200)
  note('bbbb', '1 signal changed: state', path)
  note('aaaa', 'rolled back: 1 signal changed: state', null)
  // Its history may have been dropped: then nobody is named.
  note('cccc', 'rolled back', null)

  const [history] = readMapHistories(folder)
  expect(history?.maps.map(({ content, saved }) => [content, saved])).toEqual([
    ['aaaa', '1970-01-01T00:01:40.000Z'],
    ['bbbb', '1970-01-01T00:03:20.000Z'],
    ['aaaa', '1970-01-01T00:01:40.000Z'],
    ['cccc', null],
  ])
})
