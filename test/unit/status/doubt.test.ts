import { expect, it } from 'vitest'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { doubtOf } from '../../../src/status/judging/doubt.ts'
import { press, rule } from '../../support/press.ts'

const since = { boot: 'boot-1', wallMs: 0, monoMs: 0 }
const held = (value: SignalValue) => ({ value, quality: 'good', since, device: 'PRESS-07' }) as const
const named = (is: 'down' | 'running', word: string) => ({
  ...rule(is, {}, 0),
  when: {
    kind: 'value',
    signal: 'state',
    test: { kind: 'one-of', values: [word] },
    meaning: { names: { 1: 'run', 3: 'fault' }, spoken: [] },
  } as const,
})
const map = press({
  rules: [
    named('down', 'fault'),
    { ...rule('running', { door: 0, fault: 0 }, 0) },
    { ...rule('idle', {}, 0), when: { kind: 'else' } },
  ],
})

it('names the signal that keeps the rules from deciding, what it shows and what they expect', () => {
  expect(doubtOf(map, { state: held(7) })).toEqual({
    signal: 'state',
    held: held(7),
    expected: 'one of run, fault',
  })
  expect(doubtOf(map, { state: held('run'), door: held(0), fault: held('E101') })).toMatchObject({
    signal: 'fault',
    expected: '0',
  })
})

it('names a signal that was never read', () => {
  expect(doubtOf(map, {})).toEqual({ signal: 'state', held: undefined, expected: 'one of run, fault' })
})

it('has nothing to say where a rule decides', () => {
  expect(doubtOf(map, { state: held('fault') })).toBeUndefined()
  expect(doubtOf(map, { state: held('run'), door: held(1) })).toBeUndefined()
})
