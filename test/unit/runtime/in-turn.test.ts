import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { InTurn } from '../../../src/runtime/in-turn.ts'

test('one thing is done after the other, in the order in which it was asked for', async () => {
  const turns = new InTurn()
  const seen: string[] = []
  const slowly = (name: string, ms: number) =>
    turns.do(async () => {
      seen.push(`${name} begins`)
      await wait(ms)
      seen.push(`${name} ends`)
      return name
    })
  expect(await Promise.all([slowly('first', 20), slowly('second', 1)])).toEqual(['first', 'second'])
  expect(seen).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
})

test('what fails is told to its caller, and keeps nobody else from a turn', async () => {
  const turns = new InTurn()
  const failing = turns.do(() => {
    throw new Error('no room')
  })
  const next = turns.do(() => 'done')
  await expect(failing).rejects.toThrow('no room')
  expect(await next).toBe('done')
})
