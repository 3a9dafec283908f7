/** `millrace bundle`, as an administrator calls it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { releasedMap, writeTexts } from '../../support/release-site.ts'

const PASSPHRASE = 'seven wet tractors'
let cwd: string

beforeEach(() => {
  cwd = testFolder()
  writeTexts(cwd, {
    'devices/press-07.yaml': releasedMap('PRESS-07'),
    'devices/notes.txt': 'not for gateways',
  })
})

const bundle = (args: readonly string[], typed: string | undefined = PASSPHRASE) =>
  callMillrace(['bundle', ...args], { cwd, askSecret: async () => typed })

test('a key is made, a bundle is signed with it, and shown by it', async () => {
  expect((await bundle(['key', 'release'])).code).toBe(0)
  expect(statSync(join(cwd, 'release.pem')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(cwd, 'release.pem'), 'utf8')).toContain('ENCRYPTED')
  const made = await bundle([
    'make',
    'line.bundle',
    '--key',
    'release.pem',
    '--number',
    '7',
    '--gateway',
    'edge-1',
  ])
  expect(made).toMatchObject({
    code: 0,
    out: 'devices/press-07.yaml\n',
    err: 'line.bundle: bundle 7 with 1 file\n',
  })
  const shown = await bundle(['show', 'line.bundle', '--key', 'release.pub'])
  expect(shown.out).toMatch(/^bundle 7, made .*, for edge-1\n[0-9a-f]{64} {2}devices\/press-07.yaml/)
  await bundle(['key', 'other', '--open'])
  expect(await bundle(['show', 'line.bundle', '--key', 'other.pub'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('not signed with the key'),
  })
  // Nothing is replaced.
  expect((await bundle(['make', 'line.bundle', '--key', 'release.pem'])).err).toContain('is there already')
  expect((await bundle(['key', 'release'])).err).toContain('is there already')
})

test('maps with faults are not signed, nor is anything with a wrong passphrase', async () => {
  await bundle(['key', 'release'])
  const wrong = await bundle(['make', 'line.bundle', '--key', 'release.pem'], 'seven dry tractors')
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('check the file, and its passphrase') })
  writeTexts(cwd, { 'devices/cnc-01.yaml': 'machine: CNC-01\n' })
  const faulty = await bundle(['make', 'line.bundle', '--key', 'release.pem'])
  expect(faulty).toMatchObject({ code: 2, err: expect.stringContaining('devices/cnc-01.yaml:1:1') })
  expect(existsSync(join(cwd, 'line.bundle'))).toBe(false)
})
