/**
 * The proof that the seams are real: a table, a route, an event kind and a subject kind that stand in test code only are
 * delivered exactly once, through kills and restarts, without a line of the product knowing of them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditLog } from '../../src/audit/audit.ts'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { openLedger } from '../../src/routes/mes/ledger.ts'
import { testFolder } from '../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { archivedEvents } from './archive-route.ts'
import { codecWithPulses, linePulsesSql, type PulseCounted, TABLES_WITH_PULSES } from './pulses.ts'

const GATEWAY = fileURLToPath(new URL('./line-gateway.ts', import.meta.url))
const KILLS = 6
/** A life lasts at least this many durable pulses, so that something was delivered in each. */
const PULSES_A_LIFE = 60

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(linePulsesSql(central.role))
})
afterAll(() => central[Symbol.asyncDispose]())

/** One life of the gateway's process. */
function live(folder: string) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, GATEWAY, folder, String(central.server.port), central.role],
    {
      env: { ...process.env, CENTRAL_PASSWORD: central.password },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the gateway ended by itself')
    return String(value)
  }
  return { child, next }
}

test('a table, a route, an event kind and a subject kind of test code land exactly once, through kills', async () => {
  const folder = testFolder()
  let durable = 0
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { child, next } = live(folder)
    const goal = durable + PULSES_A_LIFE + kill * 7
    while (durable < goal) durable = Number(await next())
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  const { child, next } = live(folder)
  while (Number(await next()) < durable + PULSES_A_LIFE);
  child.stdin.write('\n')
  let last: string
  do last = await next()
  while (!last.startsWith('done '))
  await once(child, 'close')

  const total = Number(last.slice('done '.length))
  const all = Array.from({ length: total }, (_, index) => index + 1)
  expect(total).toBeGreaterThan(durable)
  const rows = await central.sql<{ total: number }>('SELECT total FROM line_pulses ORDER BY id')
  expect(rows.map((row) => row.total)).toEqual(all)
  const archived = archivedEvents(join(folder, 'archive.db'), codecWithPulses)
  expect(archived.map((event) => (event as PulseCounted).total)).toEqual(all)

  using log = openLogReader(join(folder, 'outbox.db'), codecWithPulses)
  await using ledger = await openLedger(central.settings(), AbortSignal.timeout(30_000), undefined, {
    codec: codecWithPulses,
    tables: TABLES_WITH_PULSES,
  })
  const audit = await auditLog(log, ledger, AbortSignal.timeout(30_000), { tables: TABLES_WITH_PULSES })
  expect(audit).toMatchObject({ inStep: true, complete: true, chain: [], findings: [], compared: total })
}, 120_000)
