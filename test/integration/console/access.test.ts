/** Who may come in to a console on a real port: users, scripts, and what keeps others out. */
import { readFileSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { testConsole } from '../../support/console.ts'

const PASSWORD = 'correct horse battery'
const OTHER = 'another good password'
const EVENTUALLY = { timeout: 60_000, interval: 50 }
/** Passwords are looked at without a pause between them. */
const patientClock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms > 900 ? ms / 20 : 0, signal),
}

async function siteWithUsers(clock = patientClock) {
  const site = await testConsole({ clock })
  const anna = site.visitor()
  expect((await anna.post('/users', { name: 'anna', role: 'administer', password: PASSWORD })).status).toBe(
    200,
  )
  expect((await anna.signIn('anna', PASSWORD)).status).toBe(200)
  return { ...site, anna }
}

test('without users this computer may do everything, and nobody else anything', async () => {
  const site = await testConsole()
  expect((await site.visitor().get('/session')).json).toEqual({
    gateway: 'edge-1',
    timezone: 'Europe/Rome',
    state: 'local',
    user: { name: 'local', role: 'administer', language: null },
  })
  const proxied = { headers: { 'x-forwarded-for': '10.1.2.3' } }
  expect((await site.visitor().get('/session', proxied)).json).toMatchObject({ state: 'refused', user: null })
  expect(await site.visitor().get('/users', proxied)).toMatchObject({
    status: 401,
    json: { code: 'access-no-users', hint: expect.stringContaining('millrace users add') },
  })
  expect(await site.visitor().call('GET', '/status', proxied)).toMatchObject({ status: 401 })
  expect((await site.visitor().call('GET', '/health', proxied)).json).toEqual({ healthy: true })
})

test('the first user may administer, and from then on everybody signs in', async () => {
  const site = await testConsole({ clock: patientClock })
  const local = site.visitor()
  expect(await local.post('/users', { name: 'otto', role: 'view', password: PASSWORD })).toMatchObject({
    status: 409,
    json: { code: 'users-first' },
  })
  await local.post('/users', { name: 'Anna', role: 'administer', password: PASSWORD })
  expect((await local.get('/users')).status).toBe(401)
  expect((await local.get('/session')).json).toMatchObject({ state: 'needed' })
  expect((await local.signIn('anna', PASSWORD)).json).toMatchObject({
    state: 'signed-in',
    user: { name: 'Anna', role: 'administer' },
  })
  expect((await local.get('/users')).json.users).toMatchObject([{ name: 'Anna', locked_s: null }])
  const file = join(site.folder, 'console', 'users.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(readFileSync(file, 'utf8')).not.toContain(PASSWORD)
})

test('the cookie of a session is for this site alone, and is gone after signing out', async () => {
  const { anna, visitor } = await siteWithUsers()
  const cookie = (await anna.signIn('anna', PASSWORD)).headers['set-cookie']?.[0] ?? ''
  for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(word)
  const stolen = visitor()
  stolen.cookie = anna.cookie
  expect((await stolen.get('/users')).status).toBe(200)
  await anna.remove('/session')
  expect((await stolen.get('/users')).status).toBe(401)
})

test('a session ends when its user gets another role or password, or is removed', async () => {
  const { anna, visitor } = await siteWithUsers()
  const otto = visitor()
  const signIn = async (password: string) => expect((await otto.signIn('otto', password)).status).toBe(200)
  await anna.post('/users', { name: 'otto', role: 'view', password: PASSWORD })
  await signIn(PASSWORD)
  expect(await otto.get('/users')).toMatchObject({ status: 403, json: { code: 'access-role' } })
  await anna.put('/users/otto', { role: 'configure' })
  expect((await otto.get('/session')).json).toMatchObject({ state: 'needed' })
  await signIn(PASSWORD)
  await anna.put('/users/otto', { password: OTHER })
  expect((await otto.get('/session')).json).toMatchObject({ state: 'needed' })
  await signIn(OTHER)
  await anna.remove('/users/otto')
  expect((await otto.get('/session')).json).toMatchObject({ state: 'needed' })
})

test('whoever changes the own password stays in, and the other sessions of that user end', async () => {
  const { anna, visitor } = await siteWithUsers()
  const elsewhere = visitor()
  await elsewhere.signIn('anna', PASSWORD)
  expect(await anna.put('/session/password', { present: OTHER, next: OTHER })).toMatchObject({ status: 401 })
  expect(await anna.put('/session/password', { present: PASSWORD, next: OTHER })).toMatchObject({
    status: 200,
  })
  expect((await anna.get('/users')).status).toBe(200)
  expect((await elsewhere.get('/users')).status).toBe(401)
  expect((await anna.put('/session/language', { language: 'hr' })).json.user.language).toBe('hr')
})

test('nobody is left without one who may administer', async () => {
  const { anna } = await siteWithUsers()
  await anna.post('/users', { name: 'otto', role: 'view', password: PASSWORD })
  for (const answer of [await anna.remove('/users/anna'), await anna.put('/users/anna', { role: 'view' })])
    expect(answer).toMatchObject({ status: 409, json: { code: 'users-last' } })
})

test('a token is shown once, lets a script in from anywhere, and is of no use once it was removed', async () => {
  const { anna, visitor, folder } = await siteWithUsers()
  const { token } = (await anna.post('/tokens', { name: 'mes', role: 'view' })).json
  expect(readFileSync(join(folder, 'console', 'users.json'), 'utf8')).not.toContain(token)
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '10.1.2.3' }
  expect((await visitor().get('/session', { headers })).json.user).toMatchObject({
    name: 'mes',
    role: 'view',
  })
  expect((await visitor().call('GET', '/status', { headers })).status).toBe(200)
  expect((await visitor().get('/users', { headers })).status).toBe(403)
  await anna.remove('/tokens/mes')
  expect((await visitor().call('GET', '/status', { headers })).status).toBe(401)
})

test('a guessed password is waited for longer and longer, whether or not there is such a user', async () => {
  const { visitor } = await siteWithUsers()
  for (const name of ['anna', 'nobody at all']) {
    const guesser = visitor('127.0.0.9')
    const answers = []
    for (let tries = 0; tries < 6; tries += 1) answers.push(await guesser.signIn(name, `guess ${tries}`))
    expect(answers.map(({ json }) => json.code)).toContain('access-wait')
    const waited = answers.find(({ json }) => json.code === 'access-wait')
    expect(waited).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } })
  }
})

test('fifty guesses at once are answered with few hashes, and a page is served meanwhile', async () => {
  const { visitor, anna } = await siteWithUsers()
  const guesses = Array.from({ length: 50 }, (_, n) =>
    visitor()
      .signIn('anna', `guess ${n}`)
      .catch(() => undefined),
  )
  expect((await anna.get('/users')).status).toBe(200)
  const codes = (await Promise.all(guesses)).flatMap((answer) => answer?.json?.code ?? [])
  expect(codes.filter((code) => code === 'access-wrong').length).toBeLessThan(10)
  expect(new Set(codes)).toEqual(new Set(['access-wrong', 'access-wait']))
})

test('a page of another site can do nothing, not even sign in', async () => {
  const { anna, port } = await siteWithUsers()
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${port + 1}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) {
    const calls = [
      anna.post('/users', { name: 'eve', role: 'administer', password: OTHER }, { headers }),
      anna.post('/session', { name: 'anna', password: PASSWORD }, { headers }),
    ]
    for (const answer of await Promise.all(calls))
      expect(answer).toMatchObject({ status: 403, json: { code: 'access-foreign-page' } })
  }
  // A link with a name and a password in it makes a browser send them by itself.
  const login = { origin: 'https://evil.example', authorization: 'Basic ZXZlOmV2ZQ==' }
  const lured = await anna.post('/session', { name: 'anna', password: PASSWORD }, { headers: login })
  expect(lured).toMatchObject({ status: 403, json: { code: 'access-foreign-page' } })
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  expect(await anna.post('/users', 'name=eve', form)).toMatchObject({ status: 415 })
  const bare = { headers: { 'x-millrace': undefined } }
  const token = await anna.post('/tokens', { name: 'eve', role: 'view' }, bare)
  expect(token).toMatchObject({ status: 403, json: { code: 'access-header' } })
  expect((await anna.get('/users')).json.users).toHaveLength(1)
})

test('whoever signed in to a proxy before the console is signed in to the console all the same', async () => {
  const { anna } = await siteWithUsers()
  const headers = { authorization: 'Basic YW5uYTpzZWNyZXQ=', 'x-forwarded-for': '10.1.2.3' }
  expect(await anna.get('/session', { headers })).toMatchObject({ json: { user: { name: 'anna' } } })
})

test('a damaged list of users lets nobody in, says what to do, and is over once it is mended', async () => {
  const { anna, folder, visitor, lines } = await siteWithUsers()
  const file = join(folder, 'console', 'users.json')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, '{"version": 1, "us')
  await expect.poll(async () => (await anna.get('/users')).status, EVENTUALLY).toBe(503)
  expect((await visitor().call('GET', '/status', {})).json.degraded).toMatchObject([
    { code: 'console-users', hint: expect.stringContaining('backup') },
  ])
  expect(lines.map(({ code }) => code)).toContain('console-users')
  writeFileSync(file, good)
  await expect.poll(async () => (await anna.get('/users')).status, EVENTUALLY).toBe(200)
})

test('a list of users that cannot be read for a moment is read again, although it has not changed', async () => {
  const { anna, folder } = await siteWithUsers()
  const [there, away] = [join(folder, 'console'), join(folder, 'console-away')]
  renameSync(there, away)
  symlinkSync('console', there)
  await expect.poll(async () => (await anna.get('/users')).status, EVENTUALLY).toBe(503)
  unlinkSync(there)
  renameSync(away, there)
  await expect.poll(async () => (await anna.get('/users')).status, EVENTUALLY).toBe(200)
})

test('the audit trail says who did what from where, also what was refused and who could not sign in', async () => {
  const { anna, visitor } = await siteWithUsers()
  await anna.post('/users', { name: 'otto', role: 'view', password: PASSWORD })
  const otto = visitor()
  await otto.signIn('otto', 'no idea at all')
  await otto.signIn(PASSWORD, 'otto')
  await otto.signIn('otto', PASSWORD)
  await otto.post('/tokens', { name: 'mine', role: 'administer' })
  const trail = async () => (await anna.get('/audit-trail')).json.entries
  await expect.poll(async () => (await trail()).length, EVENTUALLY).toBe(8)
  const entries = await trail()
  expect(entries.at(-1)).toMatchObject({ event: 'trail-begun', from: 'gateway', status: null })
  expect(entries.slice(0, -1).map(({ who, what, status, from }: never) => [who, what, status, from])).toEqual(
    [
      ['otto', expect.stringContaining('token'), 403, '127.0.0.1'],
      [null, 'sign-in as otto', 200, '127.0.0.1'],
      [null, 'sign-in as somebody unknown', 401, '127.0.0.1'],
      [null, 'sign-in as otto', 401, '127.0.0.1'],
      ['anna', 'user otto made with the role view', 200, '127.0.0.1'],
      [null, 'sign-in as anna', 200, '127.0.0.1'],
      ['local', 'user anna made with the role administer', 200, '127.0.0.1'],
    ],
  )
  expect(JSON.stringify(entries)).not.toContain(PASSWORD)
  const older = (await anna.get(`/audit-trail?limit=2&before=${entries[1].id}`)).json
  expect(older).toMatchObject({ entries: [{ id: entries[2].id }, { id: entries[3].id }], more: true })
  expect((await anna.get('/audit-trail?who=otto')).json.entries).toHaveLength(1)
})

test('whoever knocks without end fills the audit trail with a few entries and their number', async () => {
  /** Between two writes there is time for all of it. */
  const slow = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms * 10, signal),
  }
  const { anna, visitor } = await siteWithUsers(slow)
  const knocks = Array.from({ length: 8 }, async () => {
    const stranger = visitor()
    for (let n = 0; n < 25; n += 1) await stranger.remove('/users/anna').catch(() => undefined)
  })
  await Promise.all(knocks)
  const whats = async () =>
    (await anna.get('/audit-trail?limit=500')).json.entries.map(({ what }: { readonly what: string }) => what)
  await expect
    .poll(whats, EVENTUALLY)
    .toContainEqual(expect.stringMatching(/the last of \d+ more calls of callers who were not let in/))
  expect((await whats()).length).toBeLessThan(190)
  expect(await whats()).toContain('user anna made with the role administer')
})
