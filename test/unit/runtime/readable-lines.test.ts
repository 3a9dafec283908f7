import { expect, test } from 'vitest'
import { LinkLost, printable } from '../../../src/domain/errors.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { readableLines } from '../../../src/runtime/readable-lines.ts'

const PLAIN = { hasColours: false, safe: printable }

function logged(write: (log: ReturnType<typeof createLog>) => void, style = PLAIN): string {
  let text = ''
  const stream = readableLines((line) => {
    text += line
  }, style)
  write(createLog('info', stream))
  return text
}

test('a line for people has a local time, a level and what happened', () => {
  expect(
    logged((log) => log.info({ event: 'test-line', device: 'PRESS-07' }, 'PRESS-07 is connected')),
  ).toMatch(/^\d\d:\d\d:\d\d info {2}PRESS-07 is connected\n$/)
})

test('what to do stands below it, and the message of an error only once', () => {
  const error = new LinkLost('PRESS-07: refuses', { hint: 'look behind the cabinet' })
  expect(logged((log) => log.warn({ event: 'test-line', error }, error.message))).toMatch(
    /^\d\d:\d\d:\d\d WARN {2}PRESS-07: refuses\n +look behind the cabinet\n$/,
  )
})

test('why it is so stands behind what is so', () => {
  const fields = {
    central: 'away',
    code: 'central-away',
    reason: 'central-link',
    cause: 'nobody listens there',
  }
  expect(logged((log) => log.warn({ event: 'test-line', ...fields }, 'central is away'))).toMatch(
    /WARN {2}central is away: nobody listens there\n$/,
  )
})

test('what to do is not said twice where the line has it already', () => {
  expect(
    logged((log) =>
      log.warn({ event: 'test-line', hint: 'correct it' }, 'PRESS-07 state is bad; correct it'),
    ),
  ).toMatch(/WARN {2}PRESS-07 state is bad; correct it\n$/)
})

test('a line names its machine and file, unless it does so in words', () => {
  const fields = { machine: 'PRESS-07', file: 'devices/press.yaml' }
  expect(logged((log) => log.info({ event: 'test-line', ...fields }, 'map in force'))).toMatch(
    /info {2}map in force \(PRESS-07, devices\/press.yaml\)\n$/,
  )
  expect(logged((log) => log.info({ event: 'test-line', ...fields }, 'PRESS-07 is back'))).toMatch(
    / is back \(devices\/press.yaml\)\n$/,
  )
})

test('the word of a trouble has a colour where colours are wanted', () => {
  const warn = (log: ReturnType<typeof createLog>) => log.warn({ event: 'test-line' }, 'PRESS-07 is lost')
  const red = '\u001b['
  expect(logged(warn, { ...PLAIN, hasColours: true })).toContain(`${red}33mWARN`)
  expect(logged(warn)).not.toContain(red)
  expect(
    logged((log) => log.info({ event: 'test-line' }, 'fine'), { ...PLAIN, hasColours: true }),
  ).not.toContain(red)
})

test('what a device says cannot move the cursor', () => {
  expect(
    logged((log) => log.warn({ event: 'test-line', hint: 'a\u001b[2J' }, 'PRESS-07: \u001b[2J\r')),
  ).toMatch(/PRESS-07: \\u001b\[2J\\u000d\n +a\\u001b\[2J\n$/)
})

test('lines that were held back say how many there were, and since when', () => {
  const since = new Date().toISOString()
  const lost = (times: number) => (log: ReturnType<typeof createLog>) =>
    log.warn({ event: 'test-line', times, since, until: since }, 'PRESS-07 is lost')
  expect(logged(lost(12))).toMatch(
    /PRESS-07 is lost \(12 times more, from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d\)\n$/,
  )
  expect(logged(lost(1))).toMatch(/PRESS-07 is lost \(once more, at \d\d:\d\d:\d\d\)\n$/)
})

test('what the system refuses needs no stack', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  })
  expect(logged((log) => log.error({ event: 'test-line', error }, 'it failed'))).toMatch(
    /ERROR it failed: ENOSPC: no space left on device, write\n +free some space\n$/,
  )
})

test('an error that nobody foresaw shows its stack', () => {
  expect(
    logged((log) =>
      log.error({ event: 'test-line', error: new TypeError('x is not a function') }, 'it failed'),
    ),
  ).toMatch(/ERROR it failed: x is not a function\nTypeError.*\n +at /)
})
