/** Sessions that end, waits that grow, and passwords that are looked at in turn: with a clock that a test moves. */
import { describe, expect, it } from 'vitest'
import { LockOut } from '../../../src/console/access/lock-out.ts'
import { hashPassword, PasswordCheck } from '../../../src/console/access/passwords.ts'
import { BrowserSessions } from '../../../src/console/access/sessions.ts'
import type { UserRecord } from '../../../src/console/access/user-file.ts'
import { ApiRefusal } from '../../../src/console/refusal.ts'
import type { Role } from '../../../src/console/shapes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const AFAR = { user: 'anna', address: '10.1.2.3', isHere: false }
const ELSEWHERE = { user: 'anna', address: '10.9.9.9', isHere: false }
const HERE = { user: 'anna', address: '127.0.0.1', isHere: true }

function userWith(role: Role): UserRecord {
  return {
    ...{ name: 'Anna', role, password_hash: '', language: null },
    ...{ created_at: '2026-01-01T00:00:00.000Z', password_at: '2026-01-01T00:00:00.000Z' },
  }
}

describe('a session', () => {
  it.each([
    ['view', 7 * DAY_MS, 30 * DAY_MS],
    ['configure', HOUR_MS, 12 * HOUR_MS],
    ['administer', HOUR_MS, 12 * HOUR_MS],
  ] as const)(
    'of the role %s ends where it is not used, and some time after it began',
    (role, idleMs, afterMs) => {
      let nowMs = 0
      const sessions = new BrowserSessions(() => nowMs)
      const users = [userWith(role)]
      const unused = sessions.begin(userWith(role))
      nowMs = idleMs + 1
      expect(sessions.userOf(unused, users)).toBeUndefined()
      const used = sessions.begin(userWith(role))
      const beganMs = nowMs
      for (; nowMs <= beganMs + afterMs; nowMs += idleMs / 2)
        expect(sessions.userOf(used, users)).toBeDefined()
      expect(sessions.userOf(used, users)).toBeUndefined()
    },
  )

  it('is not kept going by what only looks whether it is there', () => {
    let nowMs = 0
    const sessions = new BrowserSessions(() => nowMs)
    const key = sessions.begin(userWith('configure'))
    for (; nowMs < HOUR_MS; nowMs += HOUR_MS / 4)
      expect(sessions.userOf(key, [userWith('configure')], false)).toBeDefined()
    nowMs += 1
    expect(sessions.userOf(key, [userWith('configure')], false)).toBeUndefined()
  })

  it('is one of twenty of a user at most: the oldest goes', () => {
    const sessions = new BrowserSessions(() => 0)
    const [oldest = '', ...others] = Array.from({ length: 21 }, () => sessions.begin(userWith('view')))
    expect(sessions.userOf(oldest, [userWith('view')])).toBeUndefined()
    for (const key of others) expect(sessions.userOf(key, [userWith('view')])).toBeDefined()
  })
})

describe('after wrong passwords', () => {
  function guessing() {
    let nowMs = 0
    const lockOut = new LockOut(() => nowMs)
    const waitS = (attempt: typeof AFAR): number => {
      try {
        lockOut.begin(attempt)
        return 0
      } catch (error) {
        return error instanceof ApiRefusal ? (error.retryAfterS ?? 0) : Number.NaN
      }
    }
    const pass = (ms: number) => {
      nowMs += ms
    }
    return { lockOut, waitS, pass }
  }

  /** How long each of many tries waits that are made as early as they may. */
  function waits(attempt: typeof AFAR, tries: number) {
    const { waitS, pass } = guessing()
    return Array.from({ length: tries }, () => {
      const wait = waitS(attempt)
      pass(wait * 1_000)
      if (wait > 0) waitS(attempt)
      return wait
    })
  }

  it('the wait grows with each, up to a quarter of an hour for an address', () => {
    expect(waits(AFAR, 9)).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16])
    expect(Math.max(...waits(AFAR, 40))).toBe(15 * 60)
  })

  it('the wait at the gateway itself stays short', () => {
    expect(Math.max(...waits(HERE, 40))).toBe(15)
  })

  it('a user who has signed in at an address is not held up there by guesses made elsewhere', () => {
    const { lockOut, waitS, pass } = guessing()
    lockOut.begin(AFAR)
    lockOut.succeeded(AFAR)
    for (let n = 0; n < 20; n += 1) waitS(ELSEWHERE)
    expect(waitS(ELSEWHERE)).toBeGreaterThan(0)
    expect(waitS({ ...AFAR, address: '10.7.7.7' })).toBeGreaterThan(0)
    expect(waitS(AFAR)).toBe(0)
    expect(waitS(HERE)).toBe(0)
    pass(HOUR_MS + 1)
    expect(waitS(ELSEWHERE)).toBe(0)
  })

  it('the addresses of one network of IPv6 count as one', () => {
    const { waitS } = guessing()
    for (let n = 0; n < 5; n += 1) waitS({ user: `user ${n}`, address: `2001:db8:1:2::${n}`, isHere: false })
    expect(waitS({ user: 'other', address: '2001:db8:1:2:ffff::1', isHere: false })).toBeGreaterThan(0)
    expect(waitS({ user: 'other', address: '2001:db8:1:3::1', isHere: false })).toBe(0)
  })

  it.each(['fe80::1:2', '2001:db8::1:2', '2001:db8:1::1:2'])(
    'the addresses of the network of %s count as one, however they are shortened',
    (address) => {
      const { waitS } = guessing()
      const neighbour = (n: number) => address.replace(/1:2$/, `${n}:a:b:c`)
      for (let n = 1; n < 6; n += 1) waitS({ user: `user ${n}`, address: neighbour(n), isHere: false })
      expect(waitS({ user: 'other', address, isHere: false })).toBeGreaterThan(0)
    },
  )

  it('a user who has signed in behind a proxy is not held up by guesses that come through it at other names', () => {
    const { lockOut, waitS } = guessing()
    lockOut.begin(AFAR)
    lockOut.succeeded(AFAR)
    for (let n = 0; n < 20; n += 1) waitS({ ...AFAR, user: `guess ${n}` })
    expect(waitS({ ...AFAR, user: 'stranger' })).toBeGreaterThan(0)
    expect(waitS(AFAR)).toBe(0)
    for (let n = 0; n < 5; n += 1) waitS(AFAR)
    expect(waitS(AFAR)).toBeGreaterThan(0)
  })
})

describe('passwords', () => {
  it('are looked at one at a time, and of a crowd most are sent away at once', async () => {
    const passwords = new PasswordCheck({ ...systemClock, sleep: async () => undefined })
    const stored = await hashPassword('correct horse battery')
    const asked = Array.from({ length: 30 }, () => passwords.isRight('a guess', stored))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    expect(await passwords.isRight('correct horse battery', stored)).toBe(true)
  })

  it('are the same however the keyboard makes a letter with an accent', async () => {
    const passwords = new PasswordCheck({ ...systemClock, sleep: async () => undefined })
    const stored = await hashPassword('lozinka č ž š'.normalize('NFC'))
    expect(await passwords.isRight('lozinka č ž š'.normalize('NFD'), stored)).toBe(true)
    expect(await passwords.isRight('lozinka č ž š', undefined)).toBe(false)
  })
})
