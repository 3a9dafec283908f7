import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfigWithoutSecrets } from '../../../src/config/load-config.ts'

const HOUR_MS = 3_600_000
const BASE = `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
central: {url: "postgres://gateway@127.0.0.1/mes", tls: off}
`

function recordingIn(section: string, env: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  writeFileSync(join(cwd, 'gateway.yaml'), BASE + section)
  return loadConfigWithoutSecrets({ file: 'gateway.yaml', env, cwd }).recording
}

test('records three days and half a gigabyte unless the site says otherwise', () => {
  expect(recordingIn('')).toEqual({ retentionMs: 72 * HOUR_MS, maxBytes: 512_000_000 })
  expect(recordingIn('recording: {retention: 12h}\n')).toMatchObject({ retentionMs: 12 * HOUR_MS })
})

test('records nothing where the file says false', () => {
  expect(recordingIn('recording: false\n')).toBeNull()
})

test('takes its bounds from the environment as well', () => {
  expect(recordingIn('', { MILLRACE_RECORDING_RETENTION: '6h' })).toMatchObject({ retentionMs: 6 * HOUR_MS })
})
