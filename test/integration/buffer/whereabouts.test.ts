/** What is seen of a log whose parts are deleted, renamed and replaced, soon after the folder changed and long after. */
import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { Whereabouts } from '../../../src/buffer/file/whereabouts.ts'
import { PARTS } from '../../../src/sqlite/parts.ts'
import { testFolder } from '../../support/buffer.ts'

/** Longer than the coarsest step in which a file system counts time. */
const LONG_MS = 10_000

/** A log in its place, and a clock that stands still unless it is moved. */
function placed() {
  const folder = join(testFolder(), 'data')
  mkdirSync(folder)
  const file = join(folder, 'outbox.db')
  for (const part of PARTS) writeFileSync(file + part, 'opened')
  let monoMs = 0
  const clock = { now: () => ({ boot: 'boot', wallMs: Date.now(), monoMs }) }
  const whereabouts = new Whereabouts(file, clock)
  /** Looks, so much later. */
  const seen = (afterMs: number) => {
    monoMs += afterMs
    return whereabouts.displaced
  }
  return { file, seen }
}

it.each(PARTS)('sees that %j was deleted, however long the folder had stood still before', (part) => {
  const { file, seen } = placed()
  expect([seen(0), seen(LONG_MS), seen(1)]).toEqual([undefined, undefined, undefined])
  rmSync(file + part)
  expect([seen(1), seen(LONG_MS), seen(LONG_MS)]).toEqual(['part', 'part', 'part'])
})

it.each(PARTS)('sees that another file lies in the place of %j', (part) => {
  const { file, seen } = placed()
  expect([seen(0), seen(LONG_MS), seen(1)]).toEqual([undefined, undefined, undefined])
  writeFileSync(`${file}.other`, 'another')
  renameSync(`${file}.other`, file + part)
  expect(seen(1)).toBe('part')
})

it('sees it also where the times of the folder are put back afterwards, as programs do that copy folders', () => {
  const { file, seen } = placed()
  const { atime, mtime } = statSync(dirname(file))
  expect([seen(0), seen(LONG_MS), seen(1)]).toEqual([undefined, undefined, undefined])
  rmSync(`${file}-wal`)
  utimesSync(dirname(file), atime, mtime)
  expect(seen(1)).toBe('part')
})

it('takes no notice of other files that come and go', () => {
  const { file, seen } = placed()
  expect([seen(0), seen(LONG_MS)]).toEqual([undefined, undefined])
  writeFileSync(`${file}.other`, 'another')
  expect([seen(1), seen(LONG_MS)]).toEqual([undefined, undefined])
  rmSync(`${file}.other`)
  expect(seen(1)).toBeUndefined()
})

it('sees that the folder is another one, and that the former one is back', () => {
  const { file, seen } = placed()
  const folder = dirname(file)
  expect([seen(0), seen(LONG_MS)]).toEqual([undefined, undefined])
  renameSync(folder, `${folder}.old`)
  expect(seen(1)).toBe('folder')
  mkdirSync(folder)
  expect(seen(1)).toBe('folder')
  rmSync(folder, { recursive: true })
  renameSync(`${folder}.old`, folder)
  expect(seen(1)).toBeUndefined()
})
