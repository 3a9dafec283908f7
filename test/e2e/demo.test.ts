import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { npmRunMillrace, PROGRAM, runMillrace } from '../support/run-millrace.ts'

const MINUTES_MS = 60_000

test(
  'the demo ends with a truth and a central that agree, and leaves nothing behind',
  async () => {
    const folder = await ownTemporaryFolder()
    const finished = await npmRunMillrace(['demo', '--for', '20s', '--json'], { env: { TMPDIR: folder } })
    expect(finished.code, finished.err).toBe(0)
    const report = JSON.parse(finished.out)
    expect(report).toEqual({
      machines: 6,
      truth: { transitions: expect.any(Number), downtimes: expect.any(Number), scans: 0 },
      central: { transitions: expect.any(Number), downtimes: report.truth.downtimes, scans: 0 },
      missing: [],
      extra: [],
      duplicates: [],
      wrong: [],
    })
    expect(report.truth.transitions).toBeGreaterThan(30)
    expect(finished.err).toContain('Central has all of it, each once and in order')
    expect(await leftovers(folder)).toEqual([])
  },
  3 * MINUTES_MS,
)

test(
  'a demo that is interrupted cleans up',
  async () => {
    const folder = await ownTemporaryFolder()
    const child = spawn(PROGRAM.node, [PROGRAM.main, 'demo'], { env: { ...PROGRAM.env, TMPDIR: folder } })
    const said = new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => text.includes('waiting for') && resolve())
    })
    await said
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(await leftovers(folder)).toEqual([])
  },
  2 * MINUTES_MS,
)

test('a duration without a unit is refused with the usage', async () => {
  const finished = await runMillrace(['demo', '--for', '30'])
  expect(finished.code).toBe(2)
  expect(finished.err).toContain('--for 30: not a duration such as 30s or 2m')
})

async function ownTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function leftovers(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('millrace-'))
}
