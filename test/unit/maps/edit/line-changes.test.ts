import { expect, test } from 'vitest'
import { lineChanges } from '../../../../src/maps/edit/line-changes.ts'

/** `-a`, `+b`, ` c` */
const SIGNS = { same: ' ', removed: '-', added: '+' } as const
const shown = (before: string, now: string) =>
  lineChanges(before, now).map(({ kind, text }) => `${SIGNS[kind]}${text}`)

test('what is the same stays between what was removed and added', () => {
  expect(shown('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e'])
  expect(shown('a\nb\nc', 'c')).toEqual(['-a', '-b', ' c'])
  expect(shown('', 'a')).toEqual(['-', '+a'])
  expect(shown('a', 'a')).toEqual([' a'])
})

test('both texts can be told from the comparison, whatever they are', () => {
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 300; round += 1) {
    const text = () => Array.from({ length: random(12) }, () => 'abcd'[random(4)]).join('\n')
    const [before, now] = [text(), text()]
    const compared = lineChanges(before, now)
    const without = (kind: string) =>
      compared.flatMap((line) => (line.kind === kind ? [] : [line.text])).join('\n')
    expect([without('added'), without('removed')]).toEqual([before, now])
  }
})

test('texts of thousands of different lines are shown as a whole', () => {
  const text = (word: string) => Array.from({ length: 3_000 }, (_, index) => `${word} ${index}`).join('\n')
  expect(lineChanges(text('a'), text('b'))).toHaveLength(6_000)
})
