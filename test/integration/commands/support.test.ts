/** `millrace support` and `millrace decommission`, with secrets in every place where one may stand. */
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { hashPassword } from '../../../src/console/access/passwords.ts'
import { SOUND_GATEWAY } from '../../support/broken-config.ts'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'

/** One for each place, so that a leak names its place. */
const CANARIES = {
  comment: 'canary-in-a-comment',
  url: 'canary-in-a-url',
  query: 'canary-in-a-query',
  atSign: 'canary-after-an-at-sign',
  comma: 'canary-after-a-comma',
  file: 'canary, in a file "of its own"',
  environment: 'canary-in-the-environment',
  map: 'canary-in-a-map',
  mapFile: 'canary-in-a-file-of-a-map',
  route: 'canary-in-a-route',
  log: 'canary-in-the-log',
  user: 'canary-of-a-user',
  key: 'Y2FuYXJ5LWluLWEta2V5',
  verifier: 'SCRAM-SHA-256$4096:canary',
} as const

async function siteWithSecrets(): Promise<string> {
  const site = testFolder()
  const put = (path: string, content: string) => {
    mkdirSync(join(site, path, '..'), { recursive: true })
    writeFileSync(join(site, path), content, { mode: 0o600 })
  }
  put(
    'config/gateway.yaml',
    `${SOUND_GATEWAY}  password_file: central-password\n# was postgres://edge:${CANARIES.url}@old-host/mes, password: ${CANARIES.comment}\n# https://updates.plant.example/sav-1.bundle?sig=${CANARIES.query}\n# postgres://edge:one@${CANARIES.atSign}@old-host/mes\n# password: one,${CANARIES.comma}\n`,
  )
  put(
    'devices/press.yaml',
    `machine: PRESS-07\nlogin: {user: opc, password: "${CANARIES.map}", password_file: opc-password}\n`,
  )
  put('config/central-password', `${CANARIES.file}\n`)
  put('devices/opc-password', `${CANARIES.mapFile}\n`)
  put('config/routes/feed.yaml', `mqtt: {url: mqtts://broker, token: ${CANARIES.route}}\n`)
  put('data/console/users.json', JSON.stringify({ hash: await hashPassword(CANARIES.user) }))
  put(
    'data/opcua/pki/own/private/private_key.pem',
    `-----BEGIN PRIVATE KEY-----\n${CANARIES.key}\n-----END PRIVATE KEY-----\n`,
  )
  put(
    'gateway.log',
    [
      `{"event":"test-line","msg":"login with password=${CANARIES.log}"}`,
      `{"msg":"the file says ${JSON.stringify(CANARIES.file).slice(1, -1)} and ${CANARIES.mapFile}"}`,
      `{"msg":"Authorization: Bearer ${CANARIES.log} to postgres://edge:${CANARIES.url}@host and ${CANARIES.verifier}"}`,
      `-----BEGIN RSA PRIVATE KEY-----\n${CANARIES.key}\n-----END RSA PRIVATE KEY-----`,
      `the environment has ${CANARIES.environment}`,
    ].join('\n'),
  )
  return site
}

async function filesOf(archive: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {}
  const reading = createReadStream(archive).pipe(createGunzip()).pipe(extract())
  for await (const entry of reading) files[entry.header.name] = await text(entry)
  return files
}

test('a bundle for support has what is needed, and no secret from any place where one may stand', async () => {
  const site = await siteWithSecrets()
  const bundle = join(site, 'bundle.tar.gz')
  const env = { MILLRACE_CENTRAL_PASSWORD: CANARIES.environment }
  const called = await callMillrace(['support', bundle, '--log', 'gateway.log', '--with-events'], {
    cwd: site,
    env,
  })
  expect(called).toMatchObject({ code: 0, err: '' })
  expect(statSync(bundle).mode & 0o777).toBe(0o600)
  const files = await filesOf(bundle)
  expect(Object.keys(files).toSorted()).toEqual([
    ...['about.json', 'audit-trail.json', 'data-files.json', 'devices/press.yaml', 'event-log.json'],
    ...['events.ndjson', 'gateway.yaml', 'log.txt', 'map-history.json', 'metrics.txt', 'routes/feed.yaml'],
    ...['status.json', 'system.json'],
  ])
  const whole = JSON.stringify(files)
  const leaked = Object.entries(CANARIES).filter(([, canary]) => whole.includes(canary))
  expect(leaked).toEqual([])
  expect(whole).not.toContain('canary')
  expect(files['devices/press.yaml']).toContain('PRESS-07')
  expect(files['log.txt']).toContain('test-line')
  expect(JSON.parse(files['system.json'] ?? '')).toMatchObject({ disk: { bytes: expect.any(Number) } })
})

test('events are in a bundle only where they were asked for, and a bundle overwrites nothing', async () => {
  const site = await siteWithSecrets()
  const bundle = join(site, 'bundle.tar.gz')
  await callMillrace(['support', bundle, '--log', 'gateway.log'], { cwd: site })
  expect(Object.keys(await filesOf(bundle))).not.toContain('events.ndjson')
  const again = await callMillrace(['support', bundle, '--log', 'gateway.log'], { cwd: site })
  expect(again.code).toBe(1)
  expect((await callMillrace(['trail'], { cwd: site })).out).toContain('a bundle for support: bundle.tar.gz')
})

test('decommission wipes nothing before the name of the gateway is typed', async () => {
  const site = await siteWithSecrets()
  const key = join(site, 'data/opcua/pki/own/private/private_key.pem')
  for (const typed of [undefined, 'another'])
    expect(await callMillrace(['decommission'], { cwd: site, askSecret: async () => typed })).toMatchObject({
      code: 1,
      err: 'nothing was wiped\n',
    })
  expect(readFileSync(key, 'utf8')).toContain(CANARIES.key)
})

test('decommission overwrites log, keys and users, says what is unsent, and names passwords elsewhere', async () => {
  const site = await siteWithSecrets()
  const key = join(site, 'data/opcua/pki/own/private/private_key.pem')
  const blocks = join(site, 'same-blocks')
  linkSync(key, blocks)
  const gateway = /^gateway: (\S+)/m.exec(SOUND_GATEWAY)?.[1] ?? ''
  const done = await callMillrace(['decommission', '--yes', gateway], { cwd: site })
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(done.out).toContain('there is no log, and so nothing unsent')
  expect(done.out).toContain('flash (SD card, eMMC, SSD)')
  expect(done.out).toContain(`stays, and is yours to remove: ${join(site, 'devices/opc-password')}`)
  expect(existsSync(key)).toBe(false)
  expect(existsSync(join(site, 'data/console'))).toBe(false)
  expect(readFileSync(blocks).includes(CANARIES.key)).toBe(false)
  expect(existsSync(join(site, 'devices/press.yaml'))).toBe(true)
  const withMaps = await callMillrace(['decommission', '--yes', gateway, '--with-maps'], { cwd: site })
  expect(withMaps).toMatchObject({ code: 0 })
  expect(withMaps.out).toMatch(new RegExp(`0 files .* removed from ${join(site, 'data')}\n`))
  expect(withMaps.out).toMatch(new RegExp(`removed from ${join(site, 'devices')}\n`))
  // It lay among the maps, and is gone with them.
  expect(withMaps.out).not.toContain(`remove: ${join(site, 'devices')}`)
  expect(existsSync(join(site, 'devices/press.yaml'))).toBe(false)
})

test('a gateway that runs is not wiped', async () => {
  const site = await siteWithSecrets()
  using _running = lockInstance(join(site, 'data'))
  const refused = await callMillrace(['decommission', '--yes', 'edge-1'], { cwd: site })
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('stop it first') })
})
