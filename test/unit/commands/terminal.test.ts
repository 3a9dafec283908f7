import { expect, test } from 'vitest'
import { fitting } from '../../../src/commands/terminal.ts'

test('a page that is redrawn keeps its top where the terminal has too few lines', () => {
  const page = 'gateway\nmachine A\nwrong 1\nwrong 2\nwrong 3\n'
  expect(fitting(page, { rows: 6 })).toBe(page)
  expect(fitting(page, {})).toBe(page)
  expect(fitting(page, { rows: 4 })).toBe(
    'gateway\nmachine A\nand 3 more lines: millrace status shows them\n',
  )
})
