import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { LET_IN, message, PosingServer } from '../../support/posing-server.ts'
import { runMillrace } from '../../support/run-millrace.ts'

const PASSWORD = 'correct-horse'
const HEAD_OF_CONFIG = 'gateway: edge-1\norganization: SAV\nplant: P1\ntimezone: Europe/Rome\n'

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
  [
    'a row that is longer than its values',
    Buffer.concat([
      message('T', Buffer.from([0, 1]), FIELD),
      message('D', Buffer.from([0, 1, 0, 0, 0, 1, 0x66, 0])),
      message('C', 'SELECT 1'),
      message('Z', Buffer.from('I')),
    ]),
  ],
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
      code: 'central-answer',
      refusal: 'wait',
      sqlstate: null,
    })
  },
)

// Fault of the catalogue: [E7]
test('a server that lets the gateway in without having proven that it knows the password is not believed', async () => {
  await using server = await PosingServer.start(message('R', 10, 'SCRAM-SHA-256', ''), LET_IN)
  await expect(connectTo(server)).rejects.toMatchObject({
    code: 'central-login',
    message: expect.stringContaining('has not proven that it knows the password'),
  })
})

test.for([
  ['in clear text', message('R', 3)],
  ['as MD5', message('R', 5, Buffer.from('salt'))],
] as const)('whoever asks for the password %s is told nothing', async ([, login]) => {
  await using server = await PosingServer.start(login)
  await expect(connectTo(server)).rejects.toMatchObject({
    code: 'central-login',
    hint: expect.stringContaining('password_encryption'),
  })
  expect(server.heard.toString('latin1')).toBe('')
})

// Bound: ANSWER_BYTES_MAX
test('an answer without end does not fill the memory', async () => {
  const endless = Buffer.concat([
    message('T', Buffer.from([0, 0])),
    Buffer.from('D\x7f\xff\xff\xff', 'latin1'),
    Buffer.alloc(2 ** 27),
  ])
  await using server = await PosingServer.start(LET_IN, endless)
  await expect(connectTo(server)).rejects.toMatchObject({
    message: expect.stringContaining('it does not end'),
  })
})

test('`central check` says what is wrong with the login, and shows no stack', async () => {
  await using server = await PosingServer.start(message('R', 7))
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const url = `postgres://millrace_sav@127.0.0.1:${server.port}/mes`
  const config = `${HEAD_OF_CONFIG}central: {url: "${url}", tls: off}\n`
  await writeFile(join(folder, 'gateway.yaml'), config)
  const done = await runMillrace(['central', 'check', '--config', 'gateway.yaml'], { cwd: folder })
  expect(done).toEqual({
    code: 1,
    out: expect.stringContaining('NOT connection: central at 127.0.0.1:'),
    err: '',
  })
  expect(done.out).toContain('GSSAPI (Kerberos)')
  await rm(folder, { recursive: true })
})
