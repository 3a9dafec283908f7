import { expect, test } from 'vitest'
import { wrongAction } from '../../../src/commands/wrong-action.ts'

const ACTIONS = ['adopt', 'audit', 'export']

test.for([
  [undefined, 'say adopt, audit or export'],
  ['adpot', 'there is no "buffer adpot"; did you mean "buffer adopt"?'],
  ['wash', 'there is no "buffer wash", only adopt, audit or export'],
] as const)('the word %s is explained', ([written, message]) => {
  expect(wrongAction('buffer', written, ACTIONS).message).toBe(message)
})
