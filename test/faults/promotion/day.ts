/** A day of the whole line on which standbys are promoted that lack the last commits, and hand back. */
import { setTimeout as wait } from 'node:timers/promises'
import { DATABASE } from '../../../src/demo/central-server.ts'
import type { Line } from '../../../src/demo/line.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { faultRun, type Outcome } from '../fault-run.ts'
import { type Random, seededRandom } from '../faults.ts'
import { type Standby, standbyOf } from './standby.ts'

/** Machines change their status about every second; so long a commit may take on a busy computer. */
const COMMIT_MAX_MS = 90_000
const REFILLED_MAX_MS = 120_000
const PEACE_MAX_MS = 4_000

/** The gateway knows one address, as of a site whose address follows the primary. */
export async function liveWithPromotions(promotions: number, seed: number): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  let port = 0
  const centralVia = async (server: { readonly host: string; readonly port: number }) => {
    port = server.port
    const target = {
      host: server.host,
      get port() {
        return port
      },
    }
    return stack.use(await startTcpProxy(target))
  }
  return await faultRun({ seed, centralVia }, async (line) => {
    const standby = stack.use(await standbyOf(line.central, DATABASE))
    const random = seededRandom(seed)
    for (let count = 0; count < promotions; count += 1) {
      await promoteOnce(line, standby, random, (server) => {
        port = server.port
      })
    }
  })
}

async function promoteOnce(
  line: Line,
  standby: Standby,
  random: Random,
  lead: (server: { readonly port: number }) => void,
): Promise<void> {
  await standby.follow()
  await wait(random() * PEACE_MAX_MS)
  standby.holdBack()
  const before = await positionAt(standby.sql)
  await until('no commit came', async () => (await positionAt(standby.primarySql)) > before, COMMIT_MAX_MS)
  const promised = await positionAt(standby.primarySql)
  await standby.promote()
  if ((await positionAt(standby.sql)) >= promised) throw new Error('the standby lacked nothing')
  lead(standby.server)
  await until('not refilled', async () => (await positionAt(standby.sql)) >= promised, REFILLED_MAX_MS)
  await wait(random() * PEACE_MAX_MS)
  await standby.handBack()
  lead(line.central)
}

/** How far the stream of the gateway has come. */
async function positionAt(sql: Standby['sql']): Promise<number> {
  const [stream] = await sql<{ seq: number }>('SELECT max(last_seq)::int AS seq FROM edge_gateway.stream')
  return stream?.seq ?? 0
}

async function until(otherwise: string, isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${otherwise} within ${withinMs / 1_000} s`)
    await wait(100)
  }
}
