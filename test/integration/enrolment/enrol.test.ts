/** A gateway gives itself a password, as a DBA and a technician do it: `central sql --enrol`, then `enrol`, at a real server. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { EnrolSite, tokenLetters } from '../../support/enrol-site.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const ROLE = 'millrace_sav_line1'

let central: TestCentral
let site: EnrolSite

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  site = await EnrolSite.make(central, ROLE)
})
afterEach(() => site[Symbol.asyncDispose]())

describe('a token', () => {
  test('is shown to the DBA, and stands in no SQL', async () => {
    const { code, out, err } = await site.sql('--enrol', '1h')
    const token = /[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/.exec(err)?.[0] ?? ''
    expect({ code, token }).toEqual({ code: 0, token: expect.stringMatching(/./) })
    expect(out).not.toContain(token)
    expect(out).not.toContain(tokenLetters(token))
  })

  test('is made for no role that other gateways log in by', async () => {
    const args = ['central', 'sql', '--organization', 'SAV', '--enrol', '1h']
    const { code, out, err } = await callMillrace(args, { cwd: site.cwd })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('--role is missing: --enrol is for a role that one gateway has for itself')
  })

  test('gives the gateway a password that nobody else knows, and is then of no use', async () => {
    const token = await site.offer()
    expect(await site.enrol(token.toLowerCase().replaceAll('-', ' '))).toMatchObject({
      code: 0,
      out: expect.stringContaining(`"${ROLE}" has a new password in ${site.passwordFile}`),
      err: '',
    })
    const password = await site.password()
    expect((await stat(site.passwordFile)).mode & 0o777).toBe(0o600)
    expect(await site.logsIn(password)).toBe(true)
    expect(await site.logsIn(tokenLetters(token))).toBe(false)
    const [role] = await central.sql('SELECT rolvaliduntil, rolconnlimit FROM pg_roles WHERE rolname = $1', [
      ROLE,
    ])
    expect(role).toEqual({ rolvaliduntil: Number.POSITIVE_INFINITY, rolconnlimit: 12 })
    expect((await site.incidents())[0]).toBe('enrolled')

    expect(await site.enrol(token)).toMatchObject({
      code: 1,
      err: expect.stringContaining('it was used already, is too old, or is of another role'),
    })
    expect(await site.password()).toBe(password)
    expect(await readFile(central.server.logFile, 'utf8')).toContain(
      `password authentication failed for user "${ROLE}"`,
    )
  })

  test('that was used is not needed again where central was gone before the proof', async () => {
    await using proxy = await startTcpProxy(central.server)
    await site.configure('SAV', proxy)
    const token = await site.offer()
    void proxy.cutAt((bytes) => {
      if (bytes.includes('renew_login')) proxy.refuse()
      return false
    }, 'before-forwarding')
    const { code, err } = await site.enrol(token)
    expect({ code, err }).toEqual({ code: 1, err: expect.not.stringContaining('refuses the token') })
    // A gateway that runs has it already.
    expect(await site.logsIn(await site.password())).toBe(true)
    proxy.repair()
    expect(await site.enrol(token)).toMatchObject({
      code: 0,
      out: expect.stringContaining('an earlier attempt is finished'),
    })
    expect(await site.logsIn(await site.password())).toBe(true)
    expect((await callMillrace(['trail'], { cwd: site.cwd })).out).toContain('made itself a new password')
  })

  test('that is too old is refused, and the server writes down why', async () => {
    const token = await site.offer()
    await central.sql(`ALTER ROLE ${ROLE} VALID UNTIL '2020-01-01'`)
    expect(await site.enrol(token)).toMatchObject({
      code: 1,
      err: expect.stringContaining('central refuses the token'),
    })
    expect(await readFile(central.server.logFile, 'utf8')).toContain(`User "${ROLE}" has an expired password`)
  })

  test('that grew too old while a session stood open is refused as well', async () => {
    const token = tokenLetters(await site.offer())
    const session = await site.session(token)
    await central.sql(
      `UPDATE edge_gateway.login SET token_until = now() - interval '1s' WHERE role_name = $1`,
      [ROLE],
    )
    await expect(renew(session)).rejects.toThrow('The token is no longer valid.')
    await session.end()
  })

  test('cannot be used by a second one that logged in with it at the same time', async () => {
    const token = await site.offer()
    const thief = await site.session(tokenLetters(token))
    expect(await site.enrol(token)).toMatchObject({ code: 0 })
    await expect(renew(thief)).rejects.toThrow('was renewed after this session had begun')
    await thief.end()
  })

  test('of one organization enrols no gateway of another', async () => {
    const token = await site.offer()
    await site.configure('OTHER')
    expect(await site.enrol(token)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is bound to organization "SAV", not to "OTHER"'),
    })
  })

  test('is never an argument, and must look like one', async () => {
    expect(await callMillrace(['enrol', 'K7Q2M-0XH4T-9PJ3C-VB58W'], { cwd: site.cwd })).toMatchObject({
      code: 2,
    })
    expect(await site.enrol('secret')).toMatchObject({
      code: 1,
      err: expect.stringContaining('this is no token'),
    })
  })
})

const VERIFIER =
  'SCRAM-SHA-256$4096:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

function renew(session: Client, verifier = VERIFIER): Promise<unknown> {
  return session.query('SELECT edge_gateway.renew_login($1, $2)', [verifier, 'edge-1'])
}

// Fault of the catalogue: [G4]
describe('renewing', () => {
  beforeEach(async () => {
    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
  })

  test('replaces the password, which a running gateway takes at its next login', async () => {
    const before = await site.password()
    expect(await site.renew()).toMatchObject({
      code: 0,
      out: expect.stringContaining('a gateway that runs uses it at its next connection'),
    })
    const after = await site.password()
    expect([await site.logsIn(before), await site.logsIn(after)]).toEqual([false, true])
    expect((await site.incidents())[0]).toBe('login-renewed')
  })

  test('goes on where it was killed between the server and the file', async () => {
    const password = await site.password()
    await rm(site.passwordFile)
    await writeFile(`${site.passwordFile}.next`, password, { mode: 0o600 })
    expect(await site.renew()).toMatchObject({
      code: 0,
      out: expect.stringContaining('an earlier attempt is finished'),
    })
    expect(await site.password()).toBe(password)
  })

  test('goes on where it was killed before the server knew of it', async () => {
    await writeFile(`${site.passwordFile}.next`, 'never told', { mode: 0o600 })
    expect(await site.renew()).toMatchObject({ code: 0 })
    expect(await site.logsIn(await site.password())).toBe(true)
  })

  test.for([
    ['a password', 'secret'],
    ['a statement', `x' VALID UNTIL 'infinity' SUPERUSER --`],
    ['an MD5 hash', 'md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['too few rounds', VERIFIER.replace('4096', '1')],
  ])('takes no %s in place of a verifier', async ([, verifier]) => {
    const password = await site.password()
    const session = await site.session(password)
    await expect(renew(session, verifier)).rejects.toThrow('This is no verifier of SCRAM-SHA-256.')
    await session.end()
    expect(await site.logsIn(password)).toBe(true)
  })

  test('is not for roles that are no gateways', async () => {
    const dba = new Client(central.server.superuser())
    await dba.connect()
    await expect(renew(dba)).rejects.toThrow('is that of no gateway')
    await dba.end()
  })
})

describe('revoking', () => {
  test('ends the open session, takes the login, and lets another device take its place', async () => {
    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
    const password = await site.password()
    const session = await site.session(password)
    const ended = new Promise((resolve) => session.on('error', resolve))
    await site.asDba((await site.sql('--revoke')).out)
    expect(String(await ended)).toContain('terminating connection due to administrator command')
    expect(await site.logsIn(password)).toBe(false)
    expect((await site.incidents())[0]).toBe('login-revoked')
    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
    expect(await site.logsIn(await site.password())).toBe(true)
  })

  test('leaves nothing to a session that nobody could end, and gives all of it to its successor', async () => {
    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
    const session = await site.session(await site.password())
    const rows = `SELECT FROM machine_status_history`
    await session.query(rows)
    const [script = ''] = (await site.sql('--revoke')).out.split('\nCOMMIT;')
    await site.asDba(`${script}\nCOMMIT`)
    await expect(session.query(rows)).rejects.toThrow('permission denied for table machine_status_history')
    await expect(renew(session)).rejects.toThrow('permission denied')
    await session.end()

    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
    const successor = await site.session(await site.password())
    await successor.query(rows)
    await successor.end()
  })

  test('is done twice without harm, and in any order with a removal and a reader of the fleet', async () => {
    const twice = async (...options: readonly string[]) => {
      for (const _ of [1, 2]) await site.asDba((await site.sql(...options)).out)
    }
    await twice('--enrol', '1h')
    await twice('--revoke')
    await twice('--fleet-reader', 'any_order')
    await twice()
    await twice('--fleet-reader', 'any_order', '--remove')
    await twice('--revoke')
    await site.asDba((await site.sql('--remove')).out)
    await expect(site.asDba((await site.sql('--remove')).out)).rejects.toThrow('was not let in here')
    await expect(site.asDba((await site.sql('--revoke')).out)).rejects.toThrow('was not let in here')
    await site.asDba('DROP ROLE any_order')
    expect(await site.enrol(await site.offer())).toMatchObject({ code: 0 })
  })
})
