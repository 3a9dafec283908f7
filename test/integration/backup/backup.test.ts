/** What is in a backup, what it takes to open it, and what a restore does to files that are there. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { type BackupFile, readBackup, writeBackup } from '../../../src/backup/backup-file.ts'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { currentRelease } from '../../../src/releases/release-folder.ts'
import { actingAs } from '../../../src/runtime/act-as.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { makeRepository } from '../../support/git-repository.ts'
import { releasedMap, releaseSite, writeTexts } from '../../support/release-site.ts'

const PASSPHRASE = 'seven wet tractors'
const CONFIG = `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
routes: routes
central: {url: "postgres://millrace@127.0.0.1:1/mes", tls: {mode: verify-full, ca_file: secrets/ca.pem}, password_file: secrets/central}
`
const MAP = `machine: CNC-01
device: {driver: opcua, url: "opc.tcp://127.0.0.1:4840", user: reader, password_file: ../secrets/cnc}
signals: {state: {node: "ns=2;s=State"}}
status: [{when: {state: 1}, is: running}, {else: true, is: idle}]
`
const SECRETS = {
  'secrets/central': 'canary-central\n',
  'secrets/cnc': 'canary-cnc\n',
  'secrets/ca.pem': 'a certificate\n',
}
const KEY = 'data/opcua/pki/own/private/private_key.pem'
const FILES = {
  'gateway.yaml': CONFIG,
  'devices/cnc-01.yaml': MAP,
  'devices/press-07.yaml': releasedMap('PRESS-07'),
  'devices/profiles/drive.yaml': 'maker: Some\nsignals: {spare: {at: 40120}}\n',
  ...SECRETS,
  'data/maps/OLD.json':
    '{"machine":"OLD","name":"old.yaml","file":"devices/old.yaml","loaded_at":"2025-01-01T00:00:00.000Z","text":"","profiles":{}}',
  'data/map-history/machine@OLD.json': '{}',
  [KEY]: '-----BEGIN PRIVATE KEY-----\ncanary-key\n',
  'data/opcua/pki/trusted/certs/cnc.der': 'trusted',
  'data/opcua/pki/rejected/other.der': 'rejected',
  'data/opcua/trusted-servers.json': '[]',
  'data/console/users.json': '{"users":[]}',
  'data/outbox.db': 'never in it',
  'data/recording.db': 'never in it',
  'data/routes/stamps.json': '{}',
  'data/routes/feed.db': 'never in it',
}

let site: string
let file: string

beforeEach(() => {
  site = testFolder()
  file = join(testFolder(), 'edge-1.backup')
  writeTexts(site, FILES)
  chmodSync(join(site, 'secrets/central'), 0o600)
})

const typed = (text: string | undefined) => ({ askSecret: async () => text })
const backup = (...options: readonly string[]) =>
  callMillrace(['backup', file, '--config', 'gateway.yaml', ...options], { cwd: site, ...typed(PASSPHRASE) })
const restoreAt = (cwd: string, options: readonly string[] = [], passphrase = PASSPHRASE) =>
  callMillrace(['restore', file, '--config', 'gateway.yaml', ...options], { cwd, ...typed(passphrase) })
const textIn = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8')

test('a locked backup brings back everything but the log, just as it was', async () => {
  expect(await backup()).toMatchObject({ code: 0, err: '' })
  const fresh = testFolder()
  const restored = await restoreAt(fresh)
  expect(restored).toMatchObject({ code: 0, err: '' })
  for (const [name, text] of Object.entries(FILES)) {
    if (/never in it|rejected/.test(text)) expect(existsSync(join(fresh, name)), name).toBe(false)
    else expect(textIn(fresh, name), name).toBe(text)
  }
  for (const name of ['secrets/central', 'secrets/cnc', KEY, 'data/console/users.json'])
    expect(statSync(join(fresh, name)).mode & 0o077, name).toBe(0)
  expect(statSync(join(fresh, 'data')).mode & 0o077).toBe(0)
  expect(restored.out).not.toContain('has to be put there')
})

test('an open one has no password and no private key, and both commands name what is missing', async () => {
  const made = await backup('--open')
  expect(made.code).toBe(0)
  expect(made.err).toMatch(/not in it: .*private_key\.pem.*central\.password_file.*device\.password_file/)
  expect(readFileSync(file, 'latin1')).not.toContain('canary')
  const fresh = testFolder()
  const restored = await callMillrace(['restore', file, '--config', 'gateway.yaml'], { cwd: fresh })
  expect(restored.code).toBe(0)
  expect(restored.out).toContain('has to be put there: secrets/central')
  expect(restored.out).toContain('has to be put there: secrets/cnc')
  expect(textIn(fresh, 'secrets/ca.pem')).toBe(SECRETS['secrets/ca.pem'])
  expect(existsSync(join(fresh, KEY))).toBe(false)
})

test('what the environment sets is named, and its value is not', async () => {
  const made = await callMillrace(['backup', file, '--config', 'gateway.yaml'], {
    ...{ cwd: site, ...typed(PASSPHRASE) },
    env: { MILLRACE_CENTRAL_PASSWORD: 'canary-environment' },
  })
  expect(made).toMatchObject({ code: 0, err: 'not in it: environment MILLRACE_CENTRAL_PASSWORD\n' })
  expect(JSON.stringify(await restoreAt(testFolder()))).not.toContain('canary-environment')
})

test('it never replaces a file, and wants a passphrase that is one', async () => {
  expect((await backup()).code).toBe(0)
  const before = readFileSync(file)
  expect(await backup()).toMatchObject({ code: 1, err: expect.stringContaining('is there already') })
  expect(readFileSync(file)).toEqual(before)
  rmSync(file)
  const short = await callMillrace(['backup', file, '--config', 'gateway.yaml'], {
    cwd: site,
    ...typed('short'),
  })
  expect(short).toMatchObject({ code: 1, err: expect.stringContaining('too short') })
  expect(existsSync(file)).toBe(false)
})

describe('what is refused, with nothing written', () => {
  const refused = async (why: RegExp, passphrase = PASSPHRASE) => {
    const fresh = testFolder()
    const { code, err } = await restoreAt(fresh, [], passphrase)
    expect(code).toBe(1)
    expect(err).toMatch(why)
    expect(existsSync(join(fresh, 'gateway.yaml'))).toBe(false)
    expect(existsSync(join(fresh, 'data'))).toBe(false)
  }

  test('another passphrase, any changed byte, and any cut', async () => {
    await backup()
    await refused(/does not open it/, 'seven dry tractors')
    const whole = readFileSync(file)
    for (const at of [30, 45, 60, 80, Math.floor(whole.length / 2), whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      writeFileSync(file, changed)
      await refused(/does not open it/)
    }
    writeFileSync(file, whole.subarray(0, whole.length - 700))
    await refused(/does not open it/)
    writeFileSync(file, 'no backup')
    await refused(/damaged or cut short|no backup/)
  })

  test('an open one that was cut or changed', async () => {
    await backup('--open')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 3_000))
    await refused(/damaged or cut short/)
    const at = whole.indexOf('PRESS-07', whole.indexOf('devices/press-07.yaml\0'))
    const changed = Buffer.from(whole)
    changed[at] = 0x51
    writeFileSync(file, changed)
    await refused(/not those that it names/)
  })

  test('a newer one, and one whose paths lead elsewhere', async () => {
    await backup('--open')
    const whole = readFileSync(file, 'latin1')
    writeFileSync(file, whole.replace('"format": 1', '"format": 9'), 'latin1')
    await refused(/newer version/)
    writeFileSync(file, whole.replaceAll('devices/press-07.yaml', 'devices/../../x.yaml'), 'latin1')
    await refused(/damaged|no backup/)
    writeFileSync(file, whole.replaceAll('"path": "press-07.yaml"', '"path": "../x/../y.yml"'), 'latin1')
    await refused(/no backup/)
  })
})

describe('a restore beside other files', () => {
  beforeEach(() => backup())

  test('names them and does nothing; with --overwrite they give way', async () => {
    const there = testFolder()
    const other = releasedMap('PRESS-07', 40_107)
    writeTexts(there, { 'devices/press-07.yaml': other, 'devices/more.yaml': releasedMap('MORE') })
    const { code, err } = await restoreAt(there)
    expect(code).toBe(1)
    expect(err).toMatch(
      /is there: devices\/press-07.yaml\nis there: devices\/more.yaml\n.*nothing is restored/s,
    )
    expect(textIn(there, 'devices/press-07.yaml')).toBe(other)
    expect(existsSync(join(there, 'gateway.yaml'))).toBe(false)
    const forced = await restoreAt(there, ['--overwrite'])
    expect(forced).toMatchObject({ code: 0, out: expect.stringContaining('counts: devices/more.yaml') })
    expect(textIn(there, 'devices/press-07.yaml')).toBe(FILES['devices/press-07.yaml'])
  })

  test('the same again changes nothing, as after an interruption', async () => {
    const fresh = testFolder()
    await restoreAt(fresh)
    rmSync(join(fresh, 'gateway.yaml'))
    rmSync(join(fresh, 'devices', 'press-07.yaml'))
    const again = await restoreAt(fresh)
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringMatching(/restored 2 files, \d+ were there already/),
    })
    expect(textIn(fresh, 'gateway.yaml')).toBe(CONFIG)
  })

  test('a gateway that runs is in the way; a log that is there stays, and is said to go on', async () => {
    const before = textIn(site, 'data/outbox.db')
    {
      using _lock = lockInstance(join(site, 'data'))
      expect(await restoreAt(site)).toMatchObject({
        code: 1,
        err: expect.stringContaining('another gateway process'),
      })
    }
    rmSync(join(site, 'devices', 'press-07.yaml'))
    const { code, out } = await restoreAt(site)
    expect(code).toBe(0)
    expect(out).toContain('goes on with the log that is in its data folder')
    expect(out).not.toContain('adopt')
    expect(textIn(site, 'data/outbox.db')).toBe(before)
  })

  test('--show only says what is in it', async () => {
    const fresh = testFolder()
    const { out } = await restoreAt(fresh, ['--show'])
    expect(out).toContain('devices/press-07.yaml\n')
    expect(out).not.toContain('canary')
    expect(existsSync(join(fresh, 'gateway.yaml'))).toBe(false)
  })
})

test('a gateway whose maps come from elsewhere goes on with the release that was in force', async () => {
  const from = releaseSite()
  const repository = makeRepository(join(from.folder, 'checkout'))
  repository.commit({ 'devices/press-07.yaml': releasedMap('PRESS-07') })
  await from.look(`{git: {path: ${repository.folder}}}`)
  const made = await callMillrace(['backup', file, '--config', 'gateway.yaml', '--open'], {
    cwd: from.folder,
  })
  expect(made.code, made.err).toBe(0)
  const fresh = testFolder()
  mkdirSync(join(fresh, 'unrelated'))
  expect((await restoreAt(fresh)).code).toBe(0)
  expect(currentRelease(join(fresh, 'data'))).toEqual(currentRelease(from.dataFolder))
  const check = await callMillrace(['check', '--config', 'gateway.yaml'], { cwd: fresh })
  expect(check).toMatchObject({ code: 0, out: expect.stringContaining('valid: 1 machine') })
})

describe('a backup that somebody else has made', () => {
  const ABOUT = { gateway: 'edge-1', organization: 'SAV', made: '2026-01-31T09:00:00.000Z', version: '1' }
  const made = async (files: readonly Pick<BackupFile, 'root' | 'path'>[], config = CONFIG, lock = false) => {
    const all = [
      { root: 'configuration' as const, path: 'gateway.yaml', bytes: Buffer.from(config), isSecret: false },
      ...files.map((one) => ({ ...one, bytes: Buffer.from('smuggled in'), isSecret: false })),
    ]
    const about = { ...ABOUT, leftOut: [], stream: null }
    writeFileSync(file, await writeBackup({ about, files: all }, lock ? new Secret(PASSPHRASE) : undefined))
  }

  test.for([
    'outbox.db',
    'console/audit-trail.db',
    'releases/current/devices/x.yaml',
    'releases/git-1/devices/x.sh',
  ])('does not bring %s into the data folder', async (path) => {
    for (const lock of [false, true]) {
      await made([{ root: 'data', path }], CONFIG, lock)
      const fresh = testFolder()
      expect(await restoreAt(fresh, ['--overwrite'])).toMatchObject({
        code: 1,
        err: expect.stringContaining(`data/${path} in it belongs in no backup`),
      })
      expect(existsSync(join(fresh, 'data', path))).toBe(false)
      expect(existsSync(join(fresh, 'gateway.yaml'))).toBe(false)
    }
  })

  test('puts nothing outside the folders of the gateway without a passphrase that proves it', async () => {
    const elsewhere = join(testFolder(), 'cron.d')
    const config = CONFIG.replace('secrets/ca.pem', join(elsewhere, 'job'))
    const files = [
      { root: 'named' as const, path: 'gateway.yaml/central.tls.ca_file' },
      { root: 'devices' as const, path: 'job' },
    ]
    await made(files, config)
    const fresh = testFolder()
    const { code, out } = await restoreAt(fresh)
    expect(code).toBe(0)
    expect(existsSync(elsewhere)).toBe(false)
    expect(existsSync(join(fresh, 'devices', 'job'))).toBe(false)
    expect(out).toMatch(/not put there, since no passphrase proves .*devices\/job\n/)
    expect(out).toContain(`${join(elsewhere, 'job')}\n`)
    await made(files, config, true)
    expect((await restoreAt(fresh)).code).toBe(0)
    expect(textIn(elsewhere, 'job')).toBe('smuggled in')
  })

  test('shows nothing on the terminal that is no text', async () => {
    await made([{ root: 'devices', path: '\u001b[2J.yaml' }])
    expect(await restoreAt(testFolder(), ['--show'])).toMatchObject({ code: 1, out: '' })
  })

  test('is refused as damaged, in words, wherever it was changed', async () => {
    await made([{ root: 'devices', path: 'a.yaml' }])
    const whole = readFileSync(file)
    const contents = whole.indexOf('"format"')
    for (const [at, byte] of [
      [contents, 0],
      [contents + 1, 0x58],
      [contents + 9, 0x7d],
    ] as const) {
      const changed = Buffer.from(whole)
      changed[at] = byte
      writeFileSync(file, changed)
      const { code, err } = await restoreAt(testFolder())
      expect(code).toBe(1)
      expect(err).toMatch(/damaged or cut short|no backup of a gateway/)
      expect(err).not.toContain('SyntaxError')
    }
  })
})

/** A user that nobody is, and whose folders root reads. */
const GATEWAY_USER = 12_345
/** Tests that run as root can become another user; one who can read the checkout, from which this program loads what it needs. */
const canBeAnother =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(import.meta.filename)})`], {
    uid: GATEWAY_USER,
    gid: GATEWAY_USER,
  }).status === 0

/** Gives everything in a folder to the gateway's user, links as such, as a package does. */
function giveAway(folder: string): void {
  for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
    lchownSync(join(folder, name), GATEWAY_USER, GATEWAY_USER)
}

describe.runIf(canBeAnother)('root reads no more than the gateway’s user may', () => {
  const asRoot = { actAs: actingAs(process) }
  const backupAsRoot = (...options: readonly string[]) =>
    callMillrace(['backup', file, '--config', 'gateway.yaml', ...options], {
      cwd: site,
      ...typed(PASSPHRASE),
      ...asRoot,
    })
  /** What only root may read. */
  let shadow: string

  beforeEach(() => {
    shadow = join(testFolder(), 'shadow')
    writeFileSync(shadow, 'root:canary-of-root\n', { mode: 0o600 })
  })

  /** What whoever has the archive and its passphrase finds in it. */
  async function textOfBackup(): Promise<string> {
    const { files } = await readBackup(readFileSync(file), new Secret(PASSPHRASE))
    return files.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n')
  }

  test.each([
    ['a link among the maps', 'devices/codes.csv'],
    ['a link in the data folder', 'data/map-history/machine@SHADOW.json'],
    ['a link in the place of a key that is named', 'secrets/central'],
  ])('through %s', async (_, name) => {
    rmSync(join(site, name), { force: true })
    symlinkSync(shadow, join(site, name))
    giveAway(site)
    const { code, err } = await backupAsRoot()
    expect(code).toBe(0)
    expect(err).toMatch(/not in it: .*\(the gateway's user may not read it\)/)
    const text = await textOfBackup()
    expect(text).not.toContain('canary-of-root')
    expect(text).toContain('canary-cnc')
    // The file is root's own, and root is root again.
    expect(statSync(file)).toMatchObject({ uid: 0, mode: 0o100600 })
    expect(process.geteuid?.()).toBe(0)
  })

  test('through a key that names it', async () => {
    writeFileSync(join(site, 'gateway.yaml'), CONFIG.replace('secrets/ca.pem', shadow))
    giveAway(site)
    const { code, err } = await backupAsRoot('--open')
    expect(code).toBe(2)
    expect(err).toContain(shadow)
    expect(err).not.toContain('canary')
    expect(existsSync(file)).toBe(false)
  })

  test('through a link in the place of gateway.yaml ', async () => {
    rmSync(join(site, 'gateway.yaml'))
    symlinkSync(shadow, join(site, 'gateway.yaml'))
    giveAway(site)
    const { code, err } = await backupAsRoot()
    expect(code).toBe(2)
    expect(err).not.toContain('canary')
    expect(existsSync(file)).toBe(false)
  })

  test('where gateway.yaml is root’s and the data folder is not, it is read as the owner of that', async () => {
    symlinkSync(shadow, join(site, 'devices/codes.csv'))
    giveAway(site)
    for (const name of ['.', 'gateway.yaml']) lchownSync(join(site, name), 0, 0)
    chmodSync(site, 0o755)
    expect(await backupAsRoot()).toMatchObject({ code: 0 })
    expect(await textOfBackup()).not.toContain('canary-of-root')
  })

  test('and refuses where gateway.yaml is one user’s and the data folder another’s', async () => {
    giveAway(site)
    lchownSync(join(site, 'data'), GATEWAY_USER + 1, GATEWAY_USER + 1)
    const { code, err } = await backupAsRoot()
    expect(code).toBe(1)
    expect(err).toMatch(
      /gateway.yaml and .*data belong to two users.*run this as the user that the gateway runs as/s,
    )
  })

  test('for a support bundle either, though the log that it names is root’s own', async () => {
    const log = join(testFolder(), 'log')
    writeFileSync(log, 'a line of the log\n', { mode: 0o600 })
    const bundle = join(testFolder(), 'edge-1.tar.gz')
    const support = () =>
      callMillrace(['support', bundle, '--config', 'gateway.yaml', '--log', log], { cwd: site, ...asRoot })
    giveAway(site)
    expect(await support()).toMatchObject({ code: 0 })
    const text = gunzipSync(readFileSync(bundle)).toString('latin1')
    expect(text).toContain('a line of the log')
    expect(text).toContain('machine: CNC-01')
    rmSync(bundle)
    writeFileSync(shadow, `${CONFIG}# canary-of-root\n`)
    rmSync(join(site, 'gateway.yaml'))
    symlinkSync(shadow, join(site, 'gateway.yaml'))
    giveAway(site)
    expect(await support()).toMatchObject({ code: 2 })
    expect(existsSync(bundle)).toBe(false)
  })

  test('for a signed bundle of maps either', async () => {
    const folder = testFolder()
    const asked = { cwd: folder, ...asRoot }
    await callMillrace(['bundle', 'key', 'release', '--open'], asked)
    writeTexts(folder, { 'site/devices/press-07.yaml': releasedMap('PRESS-07') })
    symlinkSync(shadow, join(folder, 'site/devices/codes.csv'))
    giveAway(join(folder, 'site'))
    const { code } = await callMillrace(
      ['bundle', 'make', 'line.bundle', '--key', 'release.pem', '--devices', 'site/devices'],
      asked,
    )
    expect(code).not.toBe(0)
    expect(existsSync(join(folder, 'line.bundle'))).toBe(false)
  })
})

// Whoever has broken into the gateway has its user, and waits for root.
test.runIf(process.getuid?.() === 0).each(['devices', 'data', 'data/opcua'])(
  'root writes nothing through a link that another user has laid as %s',
  async (name) => {
    await backup()
    const [target, elsewhere] = [testFolder(), testFolder()]
    if (name.includes('/')) mkdirSync(join(target, 'data'))
    symlinkSync(elsewhere, join(target, name))
    lchownSync(join(target, name), 12_345, 12_345)
    const { code, err } = await restoreAt(target)
    expect(code).toBe(1)
    expect(err).toContain(`${join(target, name)} is a link that another user has laid`)
    expect(readdirSync(elsewhere)).toEqual([])
    expect(existsSync(join(target, 'gateway.yaml'))).toBe(false)
  },
)
