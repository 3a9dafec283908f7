/** What a package and the archive for computers without internet consist of, before anything is installed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lockedNode, runtimePackages } from '../../tools/package/checkout.ts'
import { makeDebianPackage } from '../../tools/package/debian-package.ts'
import { makeOfflineArchive } from '../../tools/package/offline-archive.ts'
import { stageTree } from '../../tools/package/tree.ts'
import type { Packaged } from './packaged.ts'

const PACKED_MAX_MS = 1_800_000

export function asFiles(packaged: () => Packaged): void {
  describe('the tree', () => {
    test('names its build at --version', () => {
      const { tree, newer } = packaged()
      const { version, commit } = newer.release
      const said = execFileSync(join(tree, 'bin/millrace'), ['--version']).toString()
      expect(said).toMatch(new RegExp(`^millrace ${version} \\(build ${commit.slice(0, 12)} of \\d{4}-`))
    })

    test('has a bill of materials that names every package in it, and Node.js', () => {
      const { tree, newer } = packaged()
      const bill = JSON.parse(readFileSync(join(tree, 'share/sbom.cdx.json'), 'utf8')) as {
        readonly components: readonly { readonly name: string; readonly version: string }[]
      }
      const named = new Set(bill.components.map(({ name, version }) => `${name}@${version}`))
      const { name, version } = lockedNode(newer.release.architecture)
      const inside = [...runtimePackages()].map(
        ([folder, locked]) => `${folder.split('node_modules/').at(-1)}@${locked.version}`,
      )
      expect([...inside, `${name}@${version}`].filter((one) => !named.has(one))).toEqual([])
    })

    test('has pages whose links all lead to something that is installed', () => {
      const docs = join(packaged().tree, 'share/docs')
      const pages = readdirSync(docs, { recursive: true })
        .map(String)
        .filter((path) => path.endsWith('.md'))
      expect(pages).toContain('install.md')
      const links = pages.flatMap((page) =>
        [...readFileSync(join(docs, page), 'utf8').matchAll(/\]\(([^)\s#:]+)[#)]/g)].map(([, link = '']) => ({
          link: `${page} leads to ${link}`,
          target: join(docs, dirname(page), link),
        })),
      )
      expect(links.length).toBeGreaterThan(100)
      expect(links.filter(({ target }) => !existsSync(target)).map(({ link }) => link)).toEqual([])
    })

    test('has its program in texts that V8 keeps with one byte a character', () => {
      const program = join(packaged().tree, 'dist')
      const files = readdirSync(program, { recursive: true }).map(String)
      const own = files.filter((path) => path.endsWith('.js') && !path.startsWith('pages/'))
      expect(own.length).toBeGreaterThan(100)
      expect(own.filter((path) => /[\u0100-\uffff]/.test(readFileSync(join(program, path), 'utf8')))).toEqual(
        [],
      )
    })

    test('has native parts for its own architecture only', () => {
      const parts = readdirSync(join(packaged().tree, 'node_modules'), { recursive: true })
        .map(String)
        .filter((path) => /\.(?:node|bare)$/.test(path))
      expect(parts.length).toBeGreaterThanOrEqual(3)
      expect(parts.filter((path) => !/linux-(?:x64|arm64)[./]/.test(path) || path.includes('musl'))).toEqual(
        [],
      )
    })

    test.skipIf(spawnSync('man', ['--version']).status !== 0)('has a manual page without a fault', () => {
      const page = join(packaged().tree, 'share/millrace.1')
      const { stdout, stderr } = spawnSync('man', ['--local-file', '--warnings', page], {
        env: { ...process.env, MANROFFSEQ: '', MANWIDTH: '100' },
      })
      expect(stderr.toString()).toBe('')
      expect(stdout.toString()).toContain('millrace run [--config')
    })
  })

  describe('the Debian package', () => {
    test(
      'is byte for byte the same when it is made again, of the same files copied at another time',
      () => {
        const { folder, tree, newer } = packaged()
        // Without the program itself, which takes a minute to compress.
        const large = ['node_modules', 'dist'].map((name) => join(tree, name))
        const made = ['once', 'again'].map((name) => {
          const copy = join(folder, name)
          cpSync(tree, copy, { recursive: true, filter: (path) => !large.includes(path) })
          return makeDebianPackage({ tree: copy, release: newer.release, folder: `${copy}-packaged` })
        })
        expect(new Set(made.map(sha256)).size).toBe(1)
      },
      PACKED_MAX_MS,
    )

    // It builds everything a second time, which takes minutes: for whoever makes a release.
    test.skipIf(process.env.MILLRACE_PACKAGED_TWICE === undefined)(
      'is byte for byte the same when everything in it is built again (MILLRACE_PACKAGED_TWICE is set)',
      async () => {
        const { folder, newer } = packaged()
        // Elsewhere, because no file of it may know where it was made.
        const tree = join(folder, 'made/elsewhere/tree')
        await stageTree(tree, newer.release)
        const into = join(folder, 'second')
        const again = makeDebianPackage({ tree, release: newer.release, folder: into, compression: 'fast' })
        expect(sha256(again)).toBe(sha256(newer.deb))
      },
      PACKED_MAX_MS,
    )
  })

  describe.skipIf(process.getuid?.() !== 0)(
    'the archive for a computer without internet (root installs it)',
    () => {
      test(
        'installs its package once every file is proven',
        () => {
          const bundle = unpacked()
          expect(install(bundle)).toMatchObject({ status: 0, installed: true })
        },
        PACKED_MAX_MS,
      )

      test(
        'installs nothing where a file was changed, is missing from the sums, or was cut off',
        () => {
          const changed = unpacked()
          appendFileSync(join(changed, 'install.md'), ' ')
          expect(install(changed)).toMatchObject({ status: 1, installed: false, err: /install.md: FAILED/ })
          const added = unpacked()
          writeFileSync(join(added, 'other.deb'), '')
          expect(install(added)).toMatchObject({
            status: 1,
            installed: false,
            err: /other.deb is not in SHA256SUMS/,
          })
        },
        PACKED_MAX_MS,
      )

      test(
        'wants the right signature where the computer has a key',
        () => {
          const ours = keyPair('ours')
          const foreign = keyPair('foreign')
          expect(install(unpacked(), ours.publicKey).err).toMatch('the archive is not signed')
          expect(install(unpacked(foreign.file), ours.publicKey).err).toMatch(
            'the signature is not of the key',
          )
          expect(install(unpacked(ours.file), ours.publicKey)).toMatchObject({ status: 0, installed: true })
        },
        PACKED_MAX_MS,
      )

      /** With a small package in place of the real one, which would take half a minute each time. */
      function unpacked(signingKey?: string): string {
        const { folder, tree, newer } = packaged()
        const into = mkdtempSync(join(folder, 'bundle-'))
        const deb = join(into, basename(newer.deb))
        writeFileSync(deb, 'a package')
        const archive = makeOfflineArchive({ deb, tree, release: newer.release, folder: into, signingKey })
        execFileSync('tar', ['-xf', archive, '-C', into])
        return archive.replace(/\.tar$/, '')
      }

      /** @returns what it came to: a `dpkg` that stands before the system's writes down that it was called */
      function install(bundle: string, publicKey?: string) {
        const bin = join(bundle, '..', 'bin')
        mkdirSync(bin, { recursive: true })
        writeFileSync(join(bin, 'dpkg'), '#!/bin/sh\necho "$@" > "$0.called"\n', { mode: 0o755 })
        const script = join(bundle, '..', 'install.sh')
        const key = join(bundle, '..', 'key.pem')
        if (publicKey !== undefined) writeFileSync(key, publicKey)
        const text = readFileSync(join(bundle, 'install.sh'), 'utf8')
        expect(text).toContain('/etc/millrace-release-key.pem')
        writeFileSync(
          script,
          text.replaceAll('/etc/millrace-release-key.pem', key).replace('"$(dirname "$0")"', `'${bundle}'`),
        )
        const { status, stderr } = spawnSync('sh', [script], { env: { PATH: `${bin}:${process.env.PATH}` } })
        const called = join(bin, 'dpkg.called')
        const installed = readdirSync(bin).includes(basename(called))
        return { status, installed, err: stderr.toString() }
      }

      function keyPair(name: string) {
        const { privateKey, publicKey } = generateKeyPairSync('ed25519')
        const file = join(packaged().folder, `${name}.pem`)
        writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
        return { file, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
      }
    },
  )
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
