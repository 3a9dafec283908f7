import { expect, test } from 'vitest'
import { ageText, localText } from '../../../src/commands/moments.ts'

const NOW = Date.parse('2026-01-31T23:30:00Z')

test.each([
  ['2026-01-31T23:29:05Z', '00:29:05 CET'],
  ['2026-01-31T22:59:59Z', '31 Jan 23:59:59 CET'],
  ['2025-07-01T10:00:00Z', '1 Jul 2025 12:00:00 CEST'],
])('%s is %s for a plant in Rome', (at, text) => {
  expect(localText(Date.parse(at), NOW, 'Europe/Rome')).toBe(text)
})

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [200_000, '3 min'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [90_000_000, '1 d 1 h'],
])('%i ms are %s', (ms, text) => {
  expect(ageText(ms)).toBe(text)
})
