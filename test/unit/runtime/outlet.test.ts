import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { lossLine, Outlet } from '../../../src/runtime/outlet.ts'
import { unblocked } from '../../../src/runtime/unblocked.ts'
import { testFolder } from '../../support/buffer.ts'

const LINE = `${'x'.repeat(999)}\n`

/** A reader that takes one text at a time, when it is told to. */
function slowReader() {
  const taken: string[] = []
  let pending: (() => void) | undefined
  const outlet = new Outlet(
    (text, done) => {
      pending = () => {
        taken.push(text)
        done()
      }
    },
    (lines) => `${lines} lost\n`,
  )
  const take = () => pending?.()
  return { outlet, take, taken: () => taken.join('') }
}

// Bound: WAITING_MAX_CHARACTERS
test('a reader that takes nothing costs a bounded memory, and is told later how much it missed', () => {
  const { outlet, take, taken } = slowReader()
  for (let n = 0; n < 3_000; n += 1) outlet.write(LINE)
  expect(taken()).toBe('')
  take() // What was under way when it began to hang.
  take()
  expect(taken() === `${LINE.repeat(1_000)}2000 lost\n`).toBe(true)
  outlet.write('and on\n')
  take()
  expect(taken().endsWith('2000 lost\nand on\n')).toBe(true)
})

test('what is written stays in order, and its end can be waited for', async () => {
  const { outlet, take, taken } = slowReader()
  for (const word of ['a\n', 'b\n', 'c\n']) outlet.write(word)
  const ended = outlet.emptied()
  expect(outlet.isEmpty).toBe(false)
  take()
  take()
  await ended
  expect(taken()).toBe('a\nb\nc\n')
  expect(outlet.isEmpty).toBe(true)
})

test('lines that could not be written are counted, and nothing is thrown', async () => {
  let isBroken = true
  const written: string[] = []
  const send = (text: string, done: (error?: Error) => void) => {
    if (!isBroken) written.push(text)
    done(isBroken ? new Error('EPIPE') : undefined)
  }
  const outlet = new Outlet(send, (lines) => `${lines} lost\n`)
  outlet.write('a\n')
  outlet.write('b\nc\n')
  isBroken = false
  outlet.write('d\n')
  expect(written).toEqual(['d\n', '3 lost\n'])
})

test('the line about lost lines is JSON like the others, or words on a terminal', () => {
  expect(JSON.parse(lossLine(false)(7))).toMatchObject({ level: 40, code: 'log-dropped', dropped: 7 })
  expect(lossLine(true)(7)).toMatch(/^7 lines of the log are missing here/)
})

test('a file gets everything, and holds up the end of the process only while a write is under way', async () => {
  const file = join(testFolder(), 'gateway.log')
  const fd = openSync(file, 'a')
  const unfinished = new Set<string>()
  const stream = Object.assign(new PassThrough(), { fd, isTTY: undefined })
  const outlet = new Outlet(unblocked(stream, unfinished), String)
  outlet.write('a\n')
  outlet.write('ü\n')
  expect([...unfinished]).toEqual(['standard error'])
  await outlet.emptied()
  expect([...unfinished]).toEqual([])
  closeSync(fd)
  expect(readFileSync(file, 'utf8')).toBe('a\nü\n')
})

test('a log on a full disk is lost and counted, and nothing else happens', async () => {
  const fd = openSync('/dev/full', 'w')
  const stream = Object.assign(new PassThrough(), { fd, isTTY: undefined })
  const outlet = new Outlet(unblocked(stream, new Set()), String)
  outlet.write('a\n')
  outlet.write('b\n')
  await outlet.emptied()
  closeSync(fd)
  expect(outlet.isEmpty).toBe(true)
})
