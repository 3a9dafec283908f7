/** What docs/scanners.md says, held against the program. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BRAND_TONES } from '../../../src/scanners/brands.ts'
import { createScanners } from '../../../src/scanners/index.ts'
import { runCheck } from '../../support/run-check.ts'

const page = await readFile('docs/scanners.md', 'utf8')

test('the first station is a valid map, and its examples are what it says', async () => {
  const [, map = ''] = /```yaml\n(scanner: [\s\S]*?)```/.exec(page) ?? []
  expect(map).toContain('scan: "RSN:material_shortage", is: downtime_reason')
  const cwd = await mkdtemp(join(tmpdir(), 'millrace-station-'))
  try {
    await cp('config', join(cwd, 'config'), { recursive: true })
    await mkdir(join(cwd, 'devices'))
    await cp('devices/press-07.yaml', join(cwd, 'devices/press-07.yaml'))
    await writeFile(join(cwd, 'devices/station-12.yaml'), map)
    expect(await runCheck({ cwd })).toEqual({ code: 0, out: 'valid: 1 machine, 1 scanner\n', err: '' })
  } finally {
    await rm(cwd, { recursive: true })
  }
})

test('it names every brand and every kind of port that there is', () => {
  for (const brand of Object.keys(BRAND_TONES).filter((name) => name !== 'none'))
    expect(page, brand).toContain(`\`${brand}\``)
  for (const { key } of createScanners().all) expect(page, key).toContain(`\`${key}:`)
})
