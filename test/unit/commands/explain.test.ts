import { describe, expect, test } from 'vitest'
import { AuditFault } from '../../../src/audit/thread/messages.ts'
import { BackupRefused } from '../../../src/backup/backup-refused.ts'
import { InstanceLocked } from '../../../src/buffer/instance-lock.ts'
import { UsageError } from '../../../src/commands/command.ts'
import { explain } from '../../../src/commands/command-line.ts'
import { UserFileFault } from '../../../src/console/access/user-file.ts'
import { ApiRefusal } from '../../../src/console/refusal.ts'
import { DemoFailed } from '../../../src/demo/demo-failed.ts'
import { AddressFault } from '../../../src/domain/driver.ts'
import {
  ConfigError,
  DestinationError,
  GatewayError,
  LinkLost,
  StoreError,
} from '../../../src/domain/errors.ts'
import { BrokerFault } from '../../../src/mqtt/fault.ts'
import { ReleaseRefused, ReleaseUnreachable } from '../../../src/releases/release-error.ts'
import { WorkbenchFault } from '../../../src/workbench/asked-device.ts'
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
  [new AuditFault({ message: 'the log cannot be read', hint: HINT }), HINT],
  [new StoreError('buffer-full', 'no room', { retryable: true, hint: HINT }), HINT],
  [new DestinationError('central-link', 'no link', { refusal: 'wait', hint: HINT }), HINT],
  [new AddressFault('holding 0 is no register', HINT), HINT],
  [new BrokerFault('refused', 'nothing listens there', { hint: HINT }), HINT],
  [new WorkbenchFault('"40110-40101" is no range', HINT), HINT],
  [new ApiRefusal(404, 'users-unknown', 'there is no user otto', { hint: HINT }), HINT],
  [new UserFileFault('console-users', 'the users cannot be read', { hint: HINT }), HINT],
  [new BackupRefused('the backup is locked', HINT), HINT],
  [new ReleaseRefused('the bundle is not signed', HINT), HINT],
  [new ReleaseUnreachable('there is no git on this computer', HINT), HINT],
  [new UsageError('say sql or check'), 'USAGE'],
  [new DemoFailed(new Error('ENOSPC')), 'The disk is full'],
  [new InstanceLocked('/var/lib/millrace'), 'stop the other one first'],
]

/** They reach no command: each is caught where it can be put into the words of what was being done. */
const INTERNAL = [
  'BadArchive',
  'CertificateFault',
  'JudgingFault',
  'MapRefused',
  'TrialTooLong',
  'Damage',
  'LineFault',
  'PortFault',
  'NotReadable',
  'StoreUnusable',
  'NoXml',
  'Unreadable',
  'Unwritable',
]

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

  test.each([
    ['EACCES', { path: '/srv/data' }, '/srv/data: permission denied', 'as the user that the gateway runs as'],
    ['EROFS', { path: '/srv/data' }, '/srv/data: the file system is read-only', 'mount it for writing'],
    ['ENOSPC', {}, 'a file (write): the disk is full', 'free some space'],
    ['EMFILE', { path: '/srv/data' }, '/srv/data: too many files are open', 'LimitNOFILE'],
    [
      'EADDRINUSE',
      { address: '127.0.0.1', port: 502 },
      '127.0.0.1 502: its port is taken',
      'choose another port',
    ],
  ])('%s says what to do, without a stack', (code, place, what, hint) => {
    const error = Object.assign(new Error(`${code}: no`), { code, syscall: 'write', ...place })
    const { code: exit, said } = explained(error)
    expect(exit).toBe(1)
    expect(said).toContain(what)
    expect(said).toContain(hint)
    expect(said).not.toMatch(/^ +at /m)
  })

  test.each([
    ['buffer-schema-newer', 2],
    ['buffer-full', 1],
    ['buffer-newer', 1],
  ])(
    '%s ends with %i: 2 keeps the service manager from starting what only a person can mend',
    (code, exit) => {
      const error = new StoreError(code, 'the log cannot be used', { retryable: false, hint: HINT })
      expect(explained(error)).toEqual({ code: exit, said: expect.stringContaining(HINT) })
    },
  )

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
