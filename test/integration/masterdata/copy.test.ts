/** The file of the copy, as the thread that owns it uses it. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { ReferenceRow } from '../../../src/domain/reference-data.ts'
import { openCopy } from '../../../src/masterdata/file/copy.ts'
import { testFolder } from '../../support/buffer.ts'

const LABEL = { places: [{ table: 'barcode_labels', column: 'barcode_data' }] } as const
const HOUR_MS = 3_600_000

function openedCopy(file = join(testFolder(), 'masterdata.db')) {
  const copy = openCopy(file, ['SAV'])
  onTestFinished(() => copy.close())
  return { copy, file }
}

type Opened = ReturnType<typeof openedCopy>['copy']

const label = (code: string, id: number, type = 'material'): ReferenceRow => ({
  id,
  codes: { barcode_data: code },
  type,
  code: null,
  state: null,
})

function readLabels(copy: Opened, rows: readonly ReferenceRow[], atMs = 0) {
  copy.beginKind('barcode_labels')
  copy.takePage({ kind: 'barcode_labels', rows })
  end(copy, atMs)
}

function end(copy: Opened, atMs: number) {
  while (copy.forgetGone('barcode_labels'));
  copy.endKind('barcode_labels', atMs)
}

function changesIn(file: string, work: () => void): number {
  const other = new Database(file, { readonly: true })
  try {
    const version = () => other.pragma('data_version', { simple: true }) as number
    const before = version()
    work()
    return version() - before
  } finally {
    other.close()
  }
}

test('a label of a work order and of a material that have the same number is ambiguous', () => {
  const { copy } = openedCopy()
  readLabels(copy, [label('X', 5, 'work_order'), label('X', 5, 'material')])
  expect(copy.find({ ...LABEL, code: 'X' })).toEqual({ kind: 'many' })
})

test('what is gone is forgotten, however much there is', () => {
  const { copy } = openedCopy()
  const many = Array.from({ length: 5_000 }, (_, index) => label(`L-${index}`, index))
  readLabels(copy, many)
  readLabels(
    copy,
    many.filter(({ id }) => id % 2 === 0),
  )
  const known = many.filter(
    (one) => copy.find({ ...LABEL, code: one.codes.barcode_data ?? '' }).kind === 'one',
  )
  expect(known.map(({ id }) => id)).toEqual(many.map(({ id }) => id).filter((id) => id % 2 === 0))
})

test('a file that had to be opened again while it was read into keeps all that it held', () => {
  const { copy, file } = openedCopy()
  readLabels(copy, [label('A', 1), label('B', 2)])
  copy.beginKind('barcode_labels')
  copy.takePage({ kind: 'barcode_labels', rows: [label('A', 1)] })
  const { copy: again } = openedCopy(file)
  const rest = () => {
    again.takePage({ kind: 'barcode_labels', rows: [label('B', 2)] })
    end(again, 0)
  }
  expect(rest).toThrow('no reading of barcode_labels has begun')
  expect(again.find({ ...LABEL, code: 'A' })).toMatchObject({ kind: 'one' })
})

test('central that has nothing new writes nothing, but for the time once an hour', () => {
  const { copy, file } = openedCopy()
  const rows = [label('A', 1), label('B', 2)]
  const start = 1_800_000_000_000
  readLabels(copy, rows, start)
  expect(changesIn(file, () => readLabels(copy, rows, start + HOUR_MS / 2))).toBe(0)
  expect(copy.kept().readAtMs.barcode_labels).toBe(start + HOUR_MS / 2)
  expect(changesIn(file, () => readLabels(copy, rows, start + 2 * HOUR_MS))).toBeGreaterThan(0)
})

test('one that another program holds locked is opened later as it was', () => {
  const { copy, file } = openedCopy()
  readLabels(copy, [label('X', 5)])
  const other = new Database(file)
  other.exec('BEGIN EXCLUSIVE')
  expect(() => openCopy(file, ['SAV'])).toThrow(/locked/)
  other.close()
  const { copy: again } = openedCopy(file)
  expect(again.find({ ...LABEL, code: 'X' })).toMatchObject({ kind: 'one', reference: { id: 5 } })
})
