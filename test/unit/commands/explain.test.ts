import { describe, expect, test } from 'vitest'
import { InstanceLocked } from '../../../src/buffer/instance-lock.ts'
import { UsageError } from '../../../src/commands/command.ts'
import { explain } from '../../../src/commands/command-line.ts'
import { DemoFailed } from '../../../src/demo/demo-failed.ts'
import { AddressFault } from '../../../src/domain/driver.ts'
import {
  ConfigError,
  DestinationError,
  GatewayError,
  LinkLost,
  StoreError,
} from '../../../src/domain/errors.ts'
import { sourceFiles } from '../../style/source-files.ts'

const HINT = 'look behind the cabinet'

/** One of each class that the command line can meet, with what is to be read besides the message. */
const FORESEEN: readonly (readonly [Error, string])[] = [
  [
    new ConfigError([
      { file: 'gateway.yaml', line: 3, column: 1, path: 'plant', message: 'is missing', hint: HINT },
    ]),
    HINT,
  ],
  [new LinkLost('PRESS-07: refuses', { hint: HINT }), HINT],
  [new StoreError('buffer-full', 'no room', { retryable: true, hint: HINT }), HINT],
  [new DestinationError('central-link', 'no link', { refusal: 'wait', hint: HINT }), HINT],
  [new AddressFault('holding 0 is no register', HINT), HINT],
  [new UsageError('say sql or check'), 'USAGE'],
  [new DemoFailed(new Error('ENOSPC')), 'The disk is full'],
  [new InstanceLocked('/var/lib/millrace'), 'stop the other one first'],
]

/** They reach no command: each is caught where it can be put into the words of what was being done. */
const INTERNAL = ['Damage', 'LineFault', 'NotReadable', 'Unreadable']

function explained(error: unknown): { readonly code: number; readonly said: string } {
  let said = ''
  const err = (text: string) => {
    said += text
  }
  const code = explain({ name: 'run', usage: 'USAGE' }, error, { err })
  return { code, said }
}

describe('an error at the command line', () => {
  test.each(FORESEEN)('%s', (error, remedy) => {
    const { code, said } = explained(error)
    expect(code).toBeGreaterThan(0)
    expect(said).toContain(error.message)
    expect(said).toContain(remedy)
    expect(said).not.toMatch(/^ +at /m)
  })

  test('about a file that another user owns says what to do, without a stack', () => {
    const error = Object.assign(new Error("EACCES: permission denied, mkdir '/srv/data'"), {
      code: 'EACCES',
      path: '/srv/data',
    })
    const { code, said } = explained(error)
    expect(code).toBe(1)
    expect(said).toContain('/srv/data: permission denied\nrun this as the user that the gateway runs as')
    expect(said).not.toMatch(/^ +at /m)
  })

  test('that nobody foresaw shows its stack', () => {
    const { code, said } = explained(new TypeError('x is not a function'))
    expect(code).toBe(1)
    expect(said).toMatch(/x is not a function\n.*\n +at /)
  })

  test('of every class is among these, and all are of one family', () => {
    const classes = sourceFiles('src').flatMap(({ text }) =>
      [...text.matchAll(/^export class (\w+) extends (?:GatewayError|Error)\b/gm)].map(([, name]) => name),
    )
    const shown = FORESEEN.map(([error]) => error.constructor.name)
    expect(classes.filter((name) => !INTERNAL.includes(name ?? '')).toSorted()).toEqual(shown.toSorted())
    expect(FORESEEN.filter(([error]) => !(error instanceof GatewayError))).toEqual([])
  })
})
