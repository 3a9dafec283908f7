/** `millrace users` as it is typed: in a terminal, and by a script. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawn as spawnInTerminal } from '@lydell/node-pty'
import { expect, test } from 'vitest'
import { listUsers } from '../../../src/console/access/user-file.ts'
import { SOUND_GATEWAY } from '../../support/broken-config.ts'
import { testFolder } from '../../support/buffer.ts'
import { PROGRAM } from '../../support/run-millrace.ts'

const PASSWORD = 'correct horse battery'

function site() {
  const folder = testFolder()
  mkdirSync(join(folder, 'config'))
  writeFileSync(join(folder, 'config/gateway.yaml'), SOUND_GATEWAY)
  return { folder, data: join(folder, 'data') }
}

const words = (args: readonly string[]) => [...PROGRAM.nodeOptions, PROGRAM.main, 'users', ...args]

/** Called by a script, with a line on standard input. */
async function called(folder: string, input: string, ...args: readonly string[]) {
  const child = spawn(PROGRAM.node, words(args), { cwd: folder, stdio: 'pipe' })
  child.stdin.end(input)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

/** Typed in a terminal: each answer once its question stands there. */
async function typed(
  folder: string,
  answers: readonly (readonly [string, string])[],
  ...args: readonly string[]
) {
  const terminal = spawnInTerminal(PROGRAM.node, words(args), { cwd: folder, cols: 120 })
  let shown = ''
  const left = [...answers]
  terminal.onData((data) => {
    shown += data
    const [next] = left
    if (!next || !shown.includes(next[0])) return
    left.shift()
    terminal.write(next[1])
  })
  const code = await new Promise((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
  return { code, shown }
}

test('in a terminal the password is asked for twice and never shown', async () => {
  const { folder, data } = site()
  const asked = [
    ['new password of anna: ', `${PASSWORD}X\x7f\r`],
    ['the same again: ', `${PASSWORD}\r`],
  ] as const
  const { code, shown } = await typed(folder, asked, 'add', 'anna')
  expect(code).toBe(0)
  expect(shown).not.toContain('horse')
  expect(shown).toContain('anna may administer')
  expect(listUsers(data).users).toMatchObject([{ name: 'anna', role: 'administer' }])
})

test('two passwords that differ, and Ctrl-C, change nothing', async () => {
  const { folder, data } = site()
  const differing = [
    ['new password of anna: ', `${PASSWORD}\r`],
    ['the same again: ', 'something else\r'],
  ] as const
  expect(await typed(folder, differing, 'add', 'anna')).toMatchObject({
    code: 1,
    shown: expect.stringContaining('the two are not the same'),
  })
  expect(await typed(folder, [['new password', '\x03']], 'add', 'anna')).toMatchObject({
    shown: expect.stringContaining('nothing is changed'),
  })
  expect(listUsers(data).users).toEqual([])
})

test('a script makes users with a line of standard input, and they are listed without secrets', async () => {
  const { folder, data } = site()
  expect(await called(folder, `${PASSWORD}\n`, 'add', 'anna')).toMatchObject({ code: 0, err: '' })
  expect(await called(folder, `${PASSWORD}\r\n`, 'add', 'otto')).toMatchObject({
    code: 0,
    out: 'otto may view\n',
  })
  expect(await called(folder, '', 'role', 'otto', 'configure')).toMatchObject({ code: 0 })
  const listed = await called(folder, '')
  expect(listed.out).toMatch(/^anna {2}administer {2}user since .*\notto {2}configure {3}user since .*\n$/)
  expect(JSON.parse((await called(folder, '', 'list', '--json')).out)).toMatchObject({
    users: [{ name: 'anna' }, { name: 'otto' }],
    tokens: [],
  })
  const before = listUsers(data).users[1]?.password_hash
  await called(folder, 'another good password\n', 'password', 'otto')
  expect(listUsers(data).users[1]?.password_hash).not.toBe(before)
  expect(await called(folder, '', 'remove', 'otto')).toMatchObject({ code: 0, out: 'otto is removed\n' })
})

test('a token is printed once, and only its hash is kept', async () => {
  const { folder, data } = site()
  const { out } = await called(folder, '', 'token', 'mes')
  expect(out).toMatch(/^millrace_[\w-]{43}\n$/)
  expect(readFileSync(join(data, 'console/users.json'), 'utf8')).not.toContain(out.trim())
  expect(await called(folder, '', 'token', 'mes', '--remove')).toMatchObject({ code: 0 })
  expect(listUsers(data).tokens).toEqual([])
})

test.each([
  [['add', 'anna', PASSWORD], 2, 'never stands in a command'],
  [['add', 'an na'], 2, 'cannot be a name'],
  [['add', 'anna', '--role', 'root'], 2, 'there is no role "root"'],
  [['ad'], 2, 'did you mean "users add"?'],
  [['add', 'anna'], 1, 'no password was given'],
  [['password', 'nobody'], 1, 'there is no user nobody\nthere are no users'],
  [['token', 'mes', '--remove'], 1, 'there is no token mes'],
])('%j is refused with what to do', async (args, code, words) => {
  const { folder, data } = site()
  const answered = await called(folder, '', ...args)
  expect(answered.err).toContain(words)
  expect(answered.code).toBe(code)
  expect(listUsers(data)).toEqual({ users: [], tokens: [] })
})

test('a password that is too short is refused', async () => {
  const { folder } = site()
  const { code, err } = await called(folder, 'short\n', 'add', 'anna')
  expect([code, err]).toEqual([1, expect.stringContaining('at least 10 characters')])
})
