import { expect, test } from 'vitest'
import { scanNotes, scannerNote, undoneNote } from '../../../../src/routes/mes/scan-notes.ts'
import { scan, scanUndone } from '../../../support/central-events.ts'

const noted = (changes: Parameters<typeof scan>[1]) => scanNotes(scan(1, changes), null)

test('notes begin with the station, and what is not known is not in them', () => {
  expect(noted({})).toBe('scanner=PACK-1')
  expect(noted({ aimId: ']d2', rule: 'ab', marks: ['check_digit'] })).toBe(
    'scanner=PACK-1; aim=]d2; rule=ab; check_digit',
  )
})

test('stations of different codes have different beginnings, which hold no separator', () => {
  const codes = ['A', 'A; b', 'A\\x3b b', 'A\u001d', 'A\\', 'A,', 'Ä', '']
  const notes = codes.map(scannerNote)
  expect(new Set(notes).size).toBe(codes.length)
  for (const note of notes) expect(note).not.toContain(';')
})

test('what stands in a code is bounded, and cut between characters', () => {
  expect(noted({ fields: { lot: '😀'.repeat(81) } })).toBe(`scanner=PACK-1; fields=lot:${'😀'.repeat(80)}...`)
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, 'x'.repeat(80)]))
  expect(noted({ fields: many }).length).toBeLessThan(450)
  expect(noted({ fields: many })).toMatch(/\.\.\.$/)
  expect(noted({ workOrder: 'W'.repeat(1_000), machine: 'M'.repeat(1_000) }).length).toBeLessThan(200)
})

test('what is taken back says when and by whom behind everything else', () => {
  const undone = scanUndone(7)
  expect(scanNotes(scan(1, { marks: ['no_aim'] }), undone)).toBe(
    `scanner=PACK-1; no_aim${undoneNote(undone)}`,
  )
  expect(undoneNote(undone)).toBe('; undone=2026-01-31T09:01:00.000Z; undone_by=7')
})
