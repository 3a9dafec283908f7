/** Sessions between calls: bounded, each caller's own, and over when nobody looks or the gateway stops. */
import { expect, test } from 'vitest'
import { OpenSessions } from '../../../src/api/connect/sessions.ts'
import { systemClock } from '../../../src/runtime/clock.ts'

const LIMITS = { what: 'teach-ins', max: 2, idleMs: 60_000, lastsMaxMs: 600_000 }

function clockByHand() {
  let monoMs = 0
  let timers: { readonly atMs: number; readonly run: () => void }[] = []
  return {
    clock: {
      ...systemClock,
      now: () => ({ boot: 'b', wallMs: monoMs, monoMs }),
      after: (ms: number, run: () => void) => {
        const timer = { atMs: monoMs + ms, run }
        timers.push(timer)
        return () => {
          timers = timers.filter((one) => one !== timer)
        }
      },
    },
    pass: (ms: number) => {
      for (const end = monoMs + ms; monoMs < end; ) {
        monoMs += 1_000
        const due = timers.filter(({ atMs }) => atMs <= monoMs)
        timers = timers.filter(({ atMs }) => atMs > monoMs)
        for (const { run } of due) run()
      }
    },
    waiting: () => timers.length,
  }
}

function site() {
  const { clock, pass, waiting } = clockByHand()
  const stop = new AbortController()
  const sessions = new OpenSessions<AbortSignal>(LIMITS, clock, stop.signal)
  return {
    sessions,
    stop,
    pass,
    waiting,
    open: (who: string, key = 'one') => sessions.open(who, key, (signal) => signal),
  }
}

test('a second session of the same caller ends the first, and a third caller is refused', () => {
  const { open, sessions } = site()
  const first = open('anna')
  const second = open('anna')
  expect([first.value.aborted, second.value.aborted]).toEqual([true, false])
  open('ben')
  expect(() => open('cem')).toThrow('2 teach-ins are open already')
  expect(sessions.end(second.id, 'anna')).toBe(true)
  expect(open('cem').value.aborted).toBe(false)
})

test('nobody sees or ends the session of another', () => {
  const { open, sessions } = site()
  const { id } = open('anna')
  expect(() => sessions.find(id, 'ben')).toThrow('have ended')
  expect(sessions.end(id, 'ben')).toBe(false)
  expect(sessions.find(id, 'anna').aborted).toBe(false)
})

test('it ends when nobody looks, not while somebody does, and in any case some time', () => {
  const { open, sessions, pass, waiting } = site()
  const idle = open('anna')
  const watched = open('ben')
  using _watching = sessions.watch(watched.id, 'ben')
  pass(70_000)
  expect([idle.value.aborted, watched.value.aborted]).toEqual([true, false])
  pass(600_000)
  expect(watched.value.aborted).toBe(true)
  expect(waiting()).toBe(0)
})

test('it ends with the gateway', () => {
  const { open, stop, waiting } = site()
  const { value } = open('anna')
  stop.abort()
  expect(value.aborted).toBe(true)
  expect(waiting()).toBe(0)
})
