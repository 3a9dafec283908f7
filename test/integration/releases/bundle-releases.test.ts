/** Device maps out of a signed bundle behind a URL. */
import { createHash, createPrivateKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { writeBundle } from '../../../src/releases/bundle/bundle-file.ts'
import { makeBundleKeys } from '../../../src/releases/bundle/bundle-keys.ts'
import { type BundleManifest, manifestText, signManifest } from '../../../src/releases/bundle/manifest.ts'
import { startBundleServer } from '../../support/bundle-server.ts'
import {
  codesOf,
  type ReleaseSite,
  type ReleaseTexts,
  releasedMap,
  releaseSite,
} from '../../support/release-site.ts'
import { whileUnread } from '../../support/unread.ts'

const PRESS = { 'devices/press-07.yaml': releasedMap('PRESS-07') }
const OTHER = { 'devices/press-07.yaml': releasedMap('PRESS-07', 40_102) }

const { privateKey, publicKey } = makeBundleKeys(undefined)
const KEY = createPrivateKey(privateKey)

function bundleOf(texts: ReleaseTexts, number: number, gateways: readonly string[] = []): Promise<Buffer> {
  const files = Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
  return writeBundle(files, { number, gateways, madeMs: Date.UTC(2026, 0, 31) }, KEY)
}

let site: ReleaseSite
let server: Awaited<ReturnType<typeof startBundleServer>>
let section: string

beforeEach(async () => {
  site = releaseSite()
  server = await startBundleServer(site.folder)
  onTestFinished(() => server[Symbol.asyncDispose]())
  writeFileSync(join(site.folder, 'release.pub'), publicKey)
  section = `{bundle: {url: "${server.url}?sig=canary", public_key_file: release.pub, ca_file: ${server.caFile}}}`
})

const maps = () => site.maps()['press-07.yaml']
const what = async () => (await site.look(section)).troubles.map(({ what }) => what).join()

test('a bundle comes into force, is asked for again without being sent again, and gives way to a higher number', async () => {
  server.bundle = await bundleOf(PRESS, 7)
  const looks = site.looks(section)
  expect(await looks()).toMatchObject({
    summary: { kind: 'bundle', from: server.url, release: expect.stringMatching(/^bundle-0000000007-/) },
    troubles: [],
  })
  expect(maps()).toBe(PRESS['devices/press-07.yaml'])
  for (let look = 0; look < 3; look++) expect(codesOf(await looks())).toEqual([])
  // Once to be taken, and once to be known by its name.
  expect(server.given()).toBe(2)
  server.bundle = await bundleOf(OTHER, 8)
  expect(codesOf(await looks())).toEqual([])
  expect(maps()).toBe(OTHER['devices/press-07.yaml'])
  expect(site.logText()).not.toContain('canary')
})

// Fault of the catalogue: [C5]
test('what is in force and cannot be read for a moment is not taken for nothing, over which an older bundle would come', async () => {
  server.bundle = await bundleOf(PRESS, 7)
  const looks = site.looks(section)
  expect(codesOf(await looks())).toEqual([])
  server.bundle = await bundleOf(OTHER, 6)
  const note = join(site.dataFolder, 'releases', 'current', 'release.json')
  await whileUnread(note, async () => {
    for (const codes of [[], [], ['release-unreachable']]) expect(codesOf(await looks())).toEqual(codes)
  })
  expect(maps()).toBe(PRESS['devices/press-07.yaml'])
  expect(codesOf(await looks())).toEqual(['release-refused'])
  expect(await what()).toMatch(/bundle 6 is older than 7/)
})

test('one whose last step failed is in force all the same, and the log says so once in a life of the gateway', async () => {
  let isDiskWell = false
  site = releaseSite(async (change) => {
    await change()
    if (!isDiskWell)
      throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' })
  })
  writeFileSync(join(site.folder, 'release.pub'), publicKey)
  server.bundle = await bundleOf(PRESS, 7)
  const looks = site.looks(section)
  expect(codesOf(await looks())).toEqual(['release-unreachable'])
  expect(maps()).toBe(PRESS['devices/press-07.yaml'])
  isDiskWell = true
  for (let look = 0; look < 3; look++) expect(codesOf(await looks())).toEqual([])
  const told = () => site.logText().match(/"release-in-force"/g)
  expect(told()).toHaveLength(1)
  // The life before may have been killed before it could say so.
  await site.look(section)
  expect(told()).toHaveLength(2)
})

test('a token is asked for and given; without it nothing is taken', async () => {
  server.bundle = await bundleOf(PRESS, 7)
  server.token = 'canary-token-55'
  expect(await what()).toContain('answers with status 401')
  writeFileSync(join(site.folder, 'token'), 'canary-token-55\n', { mode: 0o600 })
  section = section.replace('}}', ', token_file: token}}')
  expect((await site.look(section)).troubles).toEqual([])
  expect(maps()).toBe(PRESS['devices/press-07.yaml'])
  expect(site.logText()).not.toContain('canary-token')
})

describe('refused, with the maps in force untouched', () => {
  beforeEach(async () => {
    server.bundle = await bundleOf(PRESS, 7)
    await site.look(section)
  })
  const stays = async (why: RegExp) => {
    const { troubles, summary } = await site.look(section)
    expect(troubles).toMatchObject([{ code: 'release-refused', what: expect.stringMatching(why) }])
    expect(summary.release).toMatch(/^bundle-0000000007-/)
    expect(maps()).toBe(PRESS['devices/press-07.yaml'])
  }

  test('an older number, and another bundle with the same one', async () => {
    server.bundle = await bundleOf(OTHER, 6)
    await stays(/bundle 6 is older than 7/)
    server.bundle = await bundleOf(OTHER, 7)
    await stays(/another bundle with the number 7/)
  })

  test('signed with another key, or not signed', async () => {
    const other = createPrivateKey(makeBundleKeys(undefined).privateKey)
    const files = [{ path: 'devices/press-07.yaml', bytes: Buffer.from('x') }]
    server.bundle = await writeBundle(files, { number: 8, gateways: [], madeMs: 0 }, other)
    await stays(/not signed with the key/)
    server.bundle = await tarOf([['devices/press-07.yaml', OTHER['devices/press-07.yaml']]])
    await stays(/no bundle, or it is not signed/)
  })

  test('for another gateway', async () => {
    server.bundle = await bundleOf(OTHER, 8, ['edge-2', 'edge-3'])
    await stays(/bundle 8 is for edge-2, edge-3/)
    server.bundle = await bundleOf(OTHER, 8, ['edge-1', 'edge-2'])
    expect(codesOf(await site.look(section))).toEqual([])
  })

  test('with faults in a map', async () => {
    server.bundle = await bundleOf({ 'devices/press-07.yaml': 'machine: PRESS-07\n' }, 8)
    await stays(/devices\/press-07.yaml:1:1/)
  })

  test('cut short at any place, or with any byte changed', async () => {
    const whole = await bundleOf(OTHER, 8)
    const used = usedBytes(whole)
    for (let at = 0; at < used; at += 97) {
      server.bundle = whole.subarray(0, at)
      expect(codesOf(await site.look(section)), `cut at ${at}`).toEqual(['release-refused'])
    }
    for (let at = 3; at < used; at += 211) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 0x21
      server.bundle = changed
      await site.look(section)
      const now = maps()
      // What only tar itself reads, such as the time of a file, may differ: what is signed may not.
      expect([PRESS['devices/press-07.yaml'], OTHER['devices/press-07.yaml']], `changed at ${at}`).toContain(
        now,
      )
    }
  }, 120_000)

  test('with paths that lead out of it, links, files that nobody names, or a manifest in other words', async () => {
    const escaping = '../../../etc/cron.d/x.yaml'
    const text = textOf([[escaping, 'x']], 8)
    server.bundle = await signedTar(text, [[escaping, 'x']])
    await stays(/does not understand the bundle/)
    const good = textOf([['devices/press-07.yaml', OTHER['devices/press-07.yaml']]], 8)
    const named = [['devices/press-07.yaml', OTHER['devices/press-07.yaml']]] as const
    server.bundle = await signedTar(good, [...named, ['devices/more.yaml', 'machine: B']])
    await stays(/files are not those that it names/)
    server.bundle = await signedTar(good, [['devices/press-07.yaml', '/etc/passwd', 'symlink']])
    await stays(/no plain file/)
    server.bundle = await signedTar(good.replace('"number": 8', '"number":  8'), named)
    await stays(/written in another way/)
    server.bundle = await signedTar(good, named)
    expect(codesOf(await site.look(section))).toEqual([])
  })
})

describe('a server that cannot be trusted to answer', () => {
  test.for([
    [
      'redirects',
      (_: unknown, response: Response) => response.writeHead(301, { location: 'http://127.0.0.1:1/x' }).end(),
      /redirects to 127.0.0.1:1/,
    ],
    ['has nothing', (_: unknown, response: Response) => response.writeHead(404).end('no'), /status 404/],
    [
      'breaks off',
      (_: unknown, response: Response) =>
        response.writeHead(200, { 'content-length': '9999' }).write('x', () => response.destroy()),
      /did not give it/,
    ],
    [
      'says another length',
      (_: unknown, response: Response) =>
        response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort'),
      /did not give it/,
    ],
    [
      'speaks no HTTP',
      (_: unknown, response: Response) => response.socket?.end('SSH-2.0-OpenSSH\r\n'),
      /did not give it/,
    ],
  ] as const)('it %s', async ([, misbehaves, why]) => {
    server.misbehaves = (request, response) => void misbehaves(request, response)
    expect(await what()).toMatch(why)
    expect(site.maps()).toEqual({})
  })

  test('it never ends: what is too long is not read to its end', async () => {
    server.misbehaves = (_, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1_048_576)));
      }
      response.on('drain', more)
      more()
    }
    expect(await what()).toMatch(/more than \d+ bytes/)
  })

  test('its certificate is unknown, or for another name', async () => {
    server.bundle = await bundleOf(PRESS, 7)
    const trusted = section
    section = trusted.replace(/, ca_file: [^}]+/, '')
    expect(await what()).toMatch(/self-signed|SELF_SIGNED/)
    section = trusted.replace('https://localhost', 'https://127.0.0.1')
    expect(await what()).toMatch(/ALTNAME/)
    expect(site.maps()).toEqual({})
  })

  test('a key that is none is named', async () => {
    writeFileSync(join(site.folder, 'release.pub'), 'nothing')
    expect(await what()).toContain('holds no public key')
  })
})

type Response = Parameters<NonNullable<(typeof server)['misbehaves']>>[1]
type Entry = readonly [path: string, text: string, type?: 'file' | 'symlink']

function textOf(entries: readonly Entry[], number: number): string {
  const files = entries.map(([path, text]) => ({
    path,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  }))
  const manifest: BundleManifest = {
    format: 1,
    number,
    made: '2026-01-31T00:00:00.000Z',
    gateways: [],
    files,
  }
  return manifestText(manifest)
}

function signedTar(manifest: string, entries: readonly Entry[]): Promise<Buffer> {
  const signature = Buffer.from(signManifest(manifest, KEY)).toString('latin1')
  return tarOf([['manifest.json', manifest], ['manifest.sig', signature], ...entries])
}

function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const [name, text, type = 'file'] of entries) {
    if (type === 'symlink') archive.entry({ name, type, linkname: text })
    else archive.entry({ name }, Buffer.from(text, 'latin1'))
  }
  archive.finalize()
  return buffer(archive)
}

/** Behind the last file there are only zeros. */
function usedBytes(bundle: Buffer): number {
  return bundle.findLastIndex((byte) => byte !== 0) + 1
}
