import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { LET_IN, message, PosingServer } from '../../support/posing-server.ts'

const PASSWORD = 'correct-horse'

function settingsFor({ port }: { readonly port: number }): CentralSettings {
  return {
    connection: {
      hosts: [{ host: '127.0.0.1', port }],
      database: 'mes',
      user: 'millrace_sav',
      password: new Secret(PASSWORD),
      tls: { mode: 'off' },
    },
    schema: 'public',
    organization: 'SAV',
    plant: 'P1',
    gateway: 'edge-1',
    machineStatus: true,
    batch: { rows: 2_000, lingerMs: 200 },
    log: pino({ level: 'silent' }),
    now: systemClock.now,
  }
}

const connectTo = (server: PosingServer) =>
  createMesDestination(settingsFor(server)).connect(AbortSignal.timeout(10_000))

test.for([
  ['Kerberos', 7, 'GSSAPI'],
  ['Windows', 9, 'SSPI'],
  ['an unknown number', 4711, '4711'],
] as const)(
  'a login by %s is refused in words, and ends nothing but this attempt',
  async ([, number, said]) => {
    await using server = await PosingServer.start(message('R', number))
    await expect(connectTo(server)).rejects.toMatchObject({
      name: 'DestinationError',
      refusal: 'wait',
      message: expect.stringContaining(said),
      hint: expect.stringContaining('pg_hba.conf'),
    })
  },
)

const FIELD = Buffer.concat([Buffer.from('recovering\0'), Buffer.alloc(18)])

const ODD_ANSWERS: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['a description of rows that is cut short', message('T', Buffer.from([0, 3]), FIELD)],
  ['a row with a negative number of values', message('D', Buffer.from([0xff, 0xfe]))],
  ['a message that PostgreSQL does not have', message('w', 'hello')],
  ['an error without a code', message('E', Buffer.from('SFATAL\0Mnobody knows\0\0'))],
  ['data of a copy that nobody asked for', message('G', Buffer.from([0, 0, 0]))],
  ['no rows', Buffer.concat([message('C', 'SELECT 0'), message('Z', Buffer.from('I'))])],
  ['the end of an answer that never began', message('Z', Buffer.from('I'))],
  ['another answer', Buffer.concat([message('C', 'COMMIT'), message('Z', Buffer.from('I'))])],
]

test.for(ODD_ANSWERS)(
  'a server that answers with %s is away, and nothing is thrown past it',
  async ([, answer]) => {
    await using server = await PosingServer.start(LET_IN, answer)
    await expect(connectTo(server)).rejects.toMatchObject({
      name: 'DestinationError',
      refusal: 'wait',
      sqlstate: null,
    })
  },
)
