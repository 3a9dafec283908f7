/** `millrace trail`, and what other commands leave in it while no gateway runs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { TRAIL_EVENTS } from '../../../src/audit-trail/records.ts'
import { trailFileIn } from '../../../src/audit-trail/trail-file.ts'
import { repositoryFile } from '../../style/source-files.ts'
import { SOUND_GATEWAY } from '../../support/broken-config.ts'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'

const PASSWORD = 'canary of a password'

/** The folder of a gateway that is stopped. */
function stoppedSite(): string {
  const folder = testFolder()
  mkdirSync(join(folder, 'config'))
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'config', 'gateway.yaml'), SOUND_GATEWAY)
  return folder
}

async function millrace(cwd: string, ...argv: readonly string[]) {
  const askSecret = async () => PASSWORD
  return callMillrace(argv, { cwd, env: { SUDO_USER: 'anna' }, askSecret })
}

test('whoever changes users while the gateway is stopped stands in the trail', async () => {
  const site = stoppedSite()
  expect(await millrace(site, 'trail')).toMatchObject({ code: 0, out: '' })
  await millrace(site, 'users', 'add', 'anna')
  await millrace(site, 'users', 'add', 'otto', '--role', 'view')
  await millrace(site, 'users', 'role', 'otto', 'configure')
  const token = (await millrace(site, 'users', 'token', 'script')).out.trim()
  const { code, out } = await millrace(site, 'trail')
  expect(code).toBe(0)
  expect(out).toMatch(/anna \(as \w+\) \(command\): user otto made with the role view\n/)
  expect(out).toContain('user otto got the role configure\n')
  expect(out).toContain('token script made with the role view\n')
  const json = (await millrace(site, 'trail', '--json')).out.trim().split('\n')
  expect(json.map((line) => JSON.parse(line).event)).toEqual([
    'trail-begun',
    ...Array(4).fill('users-changed'),
  ])
  for (const secret of [PASSWORD, token]) expect(`${out}${json}`).not.toContain(secret)
})

test('a trail is shown from a moment on, and oldest first', async () => {
  const site = stoppedSite()
  await millrace(site, 'users', 'add', 'otto')
  expect((await millrace(site, 'trail', '--since', '1h')).out.split('\n')[0]).toContain(
    'the audit trail begins',
  )
  expect((await millrace(site, 'trail', '--since', '2999-01-01T00:00:00Z')).out).toBe('')
  expect(await millrace(site, 'trail', '--since', 'yesterday')).toMatchObject({ code: 2 })
})

test('verify says that a trail is whole, and what was done to one that is not', async () => {
  const site = stoppedSite()
  await millrace(site, 'users', 'add', 'otto')
  const whole = await millrace(site, 'trail', 'verify')
  expect(whole).toMatchObject({ code: 0, out: expect.stringContaining('whole: nothing was changed') })
  const head = /last record: (\S+)/.exec(whole.out)?.[1] ?? ''
  expect(await millrace(site, 'trail', 'verify', '--head', head)).toMatchObject({ code: 0 })
  const db = new Database(trailFileIn(join(site, 'data')))
  db.exec("UPDATE record SET who = 'nobody' WHERE event = 'users-changed'")
  db.close()
  const broken = await millrace(site, 'trail', 'verify')
  expect(broken.code).toBe(1)
  expect(broken.out).toContain('wrong: record 2 of gateway is not what was recorded')
  expect(JSON.parse((await millrace(site, 'trail', 'verify', '--json')).out).problems).toHaveLength(1)
})

test('docs/audit-trail.md explains everything that can stand in it', () => {
  const table = repositoryFile('docs/audit-trail.md').split('|---|---|\n')[1]?.split('\n\n')[0] ?? ''
  const explained = table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)])
  expect(explained.map(([, name]) => name).toSorted()).toEqual(TRAIL_EVENTS.toSorted())
})
