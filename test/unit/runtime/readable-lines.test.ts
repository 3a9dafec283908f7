import { expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { readableLines } from '../../../src/runtime/readable-lines.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  const stream = readableLines((line) => {
    text += line
  })
  write(createLog('info', stream))
  return text
}

test('a line for people has a local time, a level and what happened', () => {
  expect(logged((log) => log.info({ device: 'PRESS-07' }, 'PRESS-07 is connected'))).toMatch(
    /^\d\d:\d\d:\d\d info {2}PRESS-07 is connected\n$/,
  )
})

test('what to do stands below it, and the message of an error only once', () => {
  const error = new LinkLost('PRESS-07: refuses', { hint: 'look behind the cabinet' })
  expect(logged((log) => log.warn({ error }, error.message))).toMatch(
    /^\d\d:\d\d:\d\d WARN {2}PRESS-07: refuses\n +look behind the cabinet\n$/,
  )
})

test('what to do is not said twice where the line has it already', () => {
  expect(logged((log) => log.warn({ hint: 'correct it' }, 'PRESS-07 state is bad; correct it'))).toMatch(
    /WARN {2}PRESS-07 state is bad; correct it\n$/,
  )
})

test('a line names its machine and file, unless it does so in words', () => {
  const fields = { machine: 'PRESS-07', file: 'devices/press.yaml' }
  expect(logged((log) => log.info(fields, 'map in force'))).toMatch(
    /info {2}map in force \(PRESS-07, devices\/press.yaml\)\n$/,
  )
  expect(logged((log) => log.info(fields, 'PRESS-07 is back'))).toMatch(/ is back \(devices\/press.yaml\)\n$/)
})

test('an error that nobody foresaw shows its stack', () => {
  expect(logged((log) => log.error({ error: new TypeError('x is not a function') }, 'it failed'))).toMatch(
    /ERROR it failed: x is not a function\nTypeError.*\n +at /,
  )
})
