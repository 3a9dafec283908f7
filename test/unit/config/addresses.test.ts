/** Addresses in `gateway.yaml` that configuration comes from: what would give a secret away is refused, and the refusal does not repeat it. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SOUND_GATEWAY, soundFolder } from '../../support/broken-config.ts'
import { runCheck } from '../../support/run-check.ts'

async function checked(section: string) {
  const cwd = soundFolder()
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  writeFileSync(join(cwd, 'config/gateway.yaml'), `${SOUND_GATEWAY}${section}\n`)
  const { code, out, err } = await runCheck({ cwd })
  return { code, said: out + err }
}

const git = (url: string, more = '') => `configuration: {git: {url: "${url}"${more}}}`
const bundle = (url: string) => `configuration: {bundle: {url: "${url}", public_key_file: /release.pub}}`

test.each<readonly [what: string, section: string, said: string]>([
  ['a login of git', git('https://x:hunter22@git.plant.example/m.git'), 'the URL holds a login'],
  ['a password of ssh', git('ssh://git:hunter22@git.plant.example/m.git'), 'the URL holds a password'],
  [
    'a query of git, which is called with it',
    git('https://git.plant.example/m.git?token=hunter22'),
    'what stands behind ? or #',
  ],
  ['what follows', git('ssh://git@git.plant.example/m.git#hunter22'), 'what stands behind ? or #'],
  ['the login of a bundle', bundle('https://x:hunter22@updates.plant.example/b'), 'the URL holds a login'],
  [
    'the login of a collector',
    'telemetry: {otlp: "https://x:hunter22@collector.example/v1/metrics"}',
    'a user and a password have no place',
  ],
])('%s is refused', async (_, section, expected) => {
  const { code, said } = await checked(section)
  expect(code).toBe(2)
  expect(said).toContain(expected)
  expect(said).not.toContain('hunter22')
})

test.each([
  git('https://git.plant.example/m.git'),
  git('git@git.plant.example:plant/m.git'),
  git('ssh://git@git.plant.example/m.git'),
  git('http://git.plant.example/m.git', ', allowed_signers_file: /signers'),
])('%s is taken', async (section) => {
  expect(await checked(section)).toMatchObject({ code: 0 })
})
