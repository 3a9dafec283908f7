import { expect, test } from 'vitest'
import { Overslept } from '../../../src/collector/overslept.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { Log } from '../../../src/runtime/log.ts'

/** A clock that is moved by hand, and what was written to the log. */
function watched() {
  let nowMs = 0
  let due: { atMs: number; callback: () => void } | undefined
  const lines: { event: string; polls: number }[] = []
  const clock = {
    now: () => ({ monoMs: nowMs }),
    after: (ms: number, callback: () => void) => {
      due = { atMs: nowMs + ms, callback }
      return () => {}
    },
  } as unknown as Clock
  const log = { warn: (fields: { event: string; polls: number }) => lines.push(fields) } as unknown as Log
  return {
    overslept: new Overslept({ clock, log }),
    lines,
    goTo(ms: number) {
      nowMs = ms
      if (!due || due.atMs > ms) return
      const { callback } = due
      due = undefined
      callback()
    },
  }
}

test('what held up two hundred devices is told in one line', () => {
  const { overslept, lines, goTo } = watched()
  for (let device = 0; device < 200; device++) overslept.note(3)
  expect(lines).toEqual([])
  goTo(1_000)
  expect(lines).toEqual([{ event: 'polls-overslept', polls: 600 }])
})

test('a gateway that is always late says so once a minute, and leaves out none', () => {
  const { overslept, lines, goTo } = watched()
  for (let second = 0; second < 180; second++) {
    goTo(second * 1_000)
    overslept.note(1)
  }
  goTo(200_000)
  overslept.note(1)
  goTo(201_000)
  expect(lines).toHaveLength(4)
  expect(lines.reduce((sum, { polls }) => sum + polls, 0)).toBe(181)
})
