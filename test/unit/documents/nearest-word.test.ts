import { describe, expect, it } from 'vitest'
import { distance, nearestWord, wordHint } from '../../../src/documents/nearest-word.ts'
import { SIGNAL_TYPES } from '../../../src/domain/signal.ts'
import { SYNONYMS } from '../../../src/maps/words.ts'

describe('the nearest word', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['runing', 'running', 1],
    ['fualt', 'fault', 1],
    ['kitten', 'sitting', 3],
  ])('%s and %s are %i edits apart, in both directions', (a, b, edits) => {
    expect(distance(a, b)).toBe(edits)
    expect(distance(b, a)).toBe(edits)
  })

  it('is the one that was meant', () => {
    expect(nearestWord('runing', ['idle', 'running', 'down'])).toBe('running')
    expect(nearestWord('RUNNING', ['idle', 'running', 'down'])).toBe('running')
  })

  it('is found through what others call it', () => {
    expect(nearestWord('debounse', ['for', 'release'], SYNONYMS)).toBe('for')
    expect(nearestWord('boolean', ['bit', 'u16'], SYNONYMS)).toBe('bit')
    expect(nearestWord('boolean', ['bit', 'u16'])).toBeUndefined()
  })

  it.each([
    ['s16', 'i16'],
    ['s32', 'i32'],
    ['s64', 'i64'],
    ['short', 'i16'],
    ['ushort', 'u16'],
    ['UINT', 'u16'],
    ['UDINT', 'u32'],
    ['LINT', 'i64'],
    ['ULINT', 'u64'],
    ['int64', 'i64'],
    ['uint64', 'u64'],
    ['lword', 'u64'],
    ['float32', 'f32'],
    ['float64', 'f64'],
  ])('keeps the sign and the size of a type that a manual calls %s', (word, type) => {
    expect(nearestWord(word, SIGNAL_TYPES, SYNONYMS)).toBe(type)
  })

  it('is none when nothing is near, and the words are listed instead', () => {
    expect(nearestWord('xyzzy', ['idle', 'down'])).toBeUndefined()
    expect(wordHint('xyzzy', ['idle', 'down'])).toBe('one of: idle, down')
    expect(wordHint('xyzzy', [])).toBeUndefined()
  })
})
