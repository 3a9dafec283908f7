import { describe, expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import { connectFault, sessionFault } from '../../../src/drivers/opcua/session/session-faults.ts'
import { opcUaSettings } from '../../../src/drivers/opcua/settings.ts'

const URL = 'opc.tcp://10.20.3.40:4840'
const PRESS = { id: 'PRESS-07', settings: opcUaSettings.parse({ url: URL }) }
const WITH_USER = {
  id: 'PRESS-07',
  settings: opcUaSettings.parse({ url: URL, user: 'gateway', password_file: 'secret' }),
}
const NETWORK = /power|firewall/

const answer = (status: string) => new Error(`serviceResult = ${status} (0x80000000)`)

describe('a server that answers with a refusal is not taken for a broken network', () => {
  const known: readonly (readonly [status: string, code: string, hint: RegExp])[] = [
    ['BadInvalidTimestamp', 'link-clock', /clocks/],
    ['BadServerHalted', 'link-halted', /RUN/],
    ['BadOutOfMemory', 'link-overloaded', /fewer signals/],
    ['BadTooManySubscriptions', 'link-subscriptions', /mode: poll/],
    ['BadTooManyMonitoredItems', 'link-items', /fewer signals/],
    ['BadTooManyOperations', 'link-request-size', /limits/],
    ['BadResponseTooLarge', 'link-request-size', /size/],
    ['BadSessionIdInvalid', 'link-closed', /by itself/],
    ['BadSomethingOfAVendor', 'link-refused-request', /manual/],
  ]
  test.each(known)('%s', (status, code, hint) => {
    const fault = sessionFault(PRESS, answer(status))
    expect(fault).toMatchObject({ code, message: expect.stringContaining(status) })
    expect(fault.message).toContain(`PRESS-07: ${URL}`)
    expect(fault.hint).toMatch(hint)
    expect(fault.hint).not.toMatch(NETWORK)
  })

  test('a request that is not answered in time', () => {
    const late = new Error('Transaction has timed out ( timeout = 5000 ms , request = ReadRequest)')
    expect(sessionFault(PRESS, late)).toMatchObject({
      code: 'link-slow',
      hint: expect.stringContaining('fewer signals'),
    })
  })
})

test('a user who may log in, and may not read, is not told to check the password', () => {
  expect(connectFault(WITH_USER, answer('BadUserAccessDenied'))).toMatchObject({
    code: 'link-user',
    hint: 'check user and password_file',
  })
  expect(sessionFault(WITH_USER, answer('BadUserAccessDenied'))).toMatchObject({
    code: 'link-rights',
    hint: expect.stringContaining('give gateway the right'),
  })
})

test('a discovery server is told apart from a server without subscriptions', () => {
  const unsupported = answer('BadServiceUnsupported')
  expect(connectFault(PRESS, unsupported).message).toContain('discovery server')
  expect(sessionFault(PRESS, unsupported)).toMatchObject({ hint: 'use mode: poll' })
})

test('a port that takes the connection and says nothing may be no OPC UA server', () => {
  const deaf = new Error(
    'The connection may have been rejected by server,\n Err = (Timeout(A) in waiting for data on socket(timeout was = 10000 ms))',
  )
  expect(connectFault(PRESS, deaf)).toMatchObject({
    code: 'link-not-opcua',
    hint: expect.stringContaining('port'),
  })
})

test('a PLC without a free session: whose it may be depends on when the gateway was last there', () => {
  const full = answer('BadTooManySessions')
  expect(connectFault(PRESS, full, 40_000).hint).toMatch(/own former session.*within 40 s/)
  expect(connectFault(PRESS, full).hint).not.toContain('own')
})

test('a server that refuses our certificate: the trust first, the clocks second', () => {
  const hidden = new Error('The connection has been rejected by server: BadSecurityChecksFailed (0x80130000)')
  const { code, hint } = connectFault(PRESS, hidden)
  expect(code).toBe('link-not-trusted-there')
  expect(hint).toMatch(/trust the certificate named Millrace.*if it is trusted.*clock/)
  expect(connectFault(PRESS, answer('BadCertificateTimeInvalid')).hint).toMatch(/^compare the clocks/)
})

test('words that are not known stay on one line, and a fault that has words keeps them', () => {
  const odd = new Error('The link was odd,\n Err = (nobody knows)')
  expect(sessionFault(PRESS, odd).message).toBe(
    `PRESS-07: ${URL} cannot be used: The link was odd: Err = (nobody knows)`,
  )
  const lost = new LinkLost('gone')
  expect(sessionFault(PRESS, lost)).toBe(lost)
})
