/** What a damaged disk changed in the local log never reaches central, however long the log is. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { utcText } from '../../../src/domain/instant.ts'
import { bufferSite, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'

/** Of so many rows a start verifies only the last: the changed one is found when it is read. */
const ROWS = 1_500
const CHANGED_ROW = 300
const MINUTE_MS = 60_000
const START_MS = Date.UTC(2026, 0, 31, 9)
const MACHINE = { subject: 'machine:PRESS-07' } as const
const PATIENCE_MS = 120_000

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

function rowOf(number: number) {
  const at = utcText(START_MS + number * MINUTE_MS)
  const ended = { durationMs: MINUTE_MS, minutes: 1, marks: [] }
  return {
    at: { boot: 'boot', wallMs: START_MS + number * MINUTE_MS, monoMs: number * MINUTE_MS },
    events: [
      opened({ ...MACHINE, at, status: number % 2 === 0 ? 'running' : 'idle' }),
      amended({ ...MACHINE, at, ended }),
    ],
    states: {},
  }
}

test(
  'a status of which the disk changed one letter never reaches central',
  async () => {
    const site = bufferSite(central)
    await using outbox = await site.open()
    await Promise.all(Array.from({ length: ROWS }, (_, number) => outbox.append(rowOf(number))))
    await outbox[Symbol.asyncDispose]()
    const db = new Database(join(site.dataFolder, 'outbox.db'))
    const seq = 2 * CHANGED_ROW + 1
    db.prepare(`UPDATE event SET payload = replace(payload, '"running"', '"runnung"') WHERE seq = ?`).run(seq)
    db.close()

    await using damaged = await site.open()
    expect(await upload(damaged, central)).toBe('fenced')
    await damaged[Symbol.asyncDispose]()
    expect((await site.run('adopt', '--yes')).code).toBe(0)
    await using adopted = await site.open()
    expect(await upload(adopted, central)).toBe('connected')

    const statuses = await central.sql<{ status: string }>(
      'SELECT DISTINCT new_status AS status FROM machine_status_history',
    )
    const words = statuses.map(({ status }) => status)
    expect(words).not.toContain('runnung')
    expect(words).toEqual(expect.arrayContaining(['running', 'idle']))
    const quarantined = await central.sql('SELECT event FROM edge_gateway.quarantine')
    expect(JSON.stringify(quarantined)).not.toContain('runnung')
    const losses = await central.sql<{ detail: { stretches: unknown } }>(
      "SELECT detail FROM edge_gateway.incident WHERE kind = 'loss'",
    )
    expect(losses.map(({ detail }) => detail.stretches)).toEqual([[[seq, seq]]])
    // All other rows are there.
    const [rows] = await central.sql<{ count: number }>(
      "SELECT count(*)::int FROM machine_status_history WHERE new_status IN ('running', 'idle')",
    )
    expect(rows?.count).toBeGreaterThanOrEqual(ROWS - 1)
  },
  PATIENCE_MS,
)
