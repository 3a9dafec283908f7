/**
 * An operator with a scanner at a machine: badges in, works on one order after the other, says why the machine stands where its
 * PLC does not, and scans what comes along. He does one thing at a time, and waits for the beep.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { EnteredState } from '../machine.ts'
import { pick, type Random } from '../random.ts'
import type { ScannerSpec } from '../scenario.ts'
import type { TruthLog } from '../truth.ts'
import type { SimulatedScanner } from './scanner.ts'

/** How often he looks up. */
const LOOK_MS = 50
/** A stop that ends sooner than this is over before he has scanned anything. */
const REASON_ROOM_MS = 1_200

/** A stop of the machine that nothing has explained yet. */
interface UnexplainedStop {
  readonly startedAtMs: number
  readonly endsAtMs: number
}

interface Operator {
  /** The machine entered a state. */
  see(entered: EnteredState): void
  /** Works until aborted; what he has begun to scan is scanned. */
  work(signal: AbortSignal): Promise<void>
}

interface OperatorOptions {
  readonly spec: ScannerSpec
  readonly scanner: SimulatedScanner
  readonly truth: TruthLog
  readonly random: Random
}

export function createOperator(options: OperatorOptions): Operator {
  const { spec, scanner, random } = options
  const { badge, orders, order_for: orderForMs, codes, every } = spec.operator
  let stop: UnexplainedStop | undefined
  let order: string | undefined
  let begunOrders = 0
  let lastCode: string | undefined

  const scan = (code: string) => scanner.play([{ scan: code }])

  async function explain(): Promise<void> {
    const found = stop
    stop = undefined
    const [reason, category] = pick(Object.entries(spec.operator.reasons), random) ?? []
    if (!found || reason === undefined || found.endsAtMs - Date.now() < REASON_ROOM_MS) return
    const started_at = utc(found.startedAtMs)
    options.truth.write({ ...now(), event: 'reason', started_at, reason, category: category ?? null })
    await scan(`RSN:${reason}`)
  }

  async function changeOrder(): Promise<void> {
    if (order !== undefined) await command('COMPLETE', order, null)
    order = orders[begunOrders % orders.length]
    begunOrders += 1
    if (order !== undefined) await command('START', order, order)
  }

  async function command(word: string, about: string, after: string | null): Promise<void> {
    await scan(about)
    options.truth.write({ ...now(), event: 'work_order', work_order: after })
    await scan(`!${word}`)
  }

  async function scanSomething(): Promise<void> {
    lastCode = pick(
      codes.filter((code) => code !== lastCode),
      random,
    )
    if (lastCode !== undefined) await scan(lastCode)
  }

  const now = () => ({ at: utc(Date.now()), scanner: scanner.name, machine: spec.machine })
  const isStopDue = () => stop !== undefined && Date.now() - stop.startedAtMs >= spec.operator.reason_after

  return {
    see: ({ step: { state, fault }, atMs, forMs }) => {
      stop = state === 'down' && fault === 0 ? { startedAtMs: atMs, endsAtMs: atMs + forMs } : undefined
    },
    work: async (signal) => {
      await scanner.play([{ badge }])
      let orderAtMs = 0
      let codeAtMs = Date.now() + every.maxMs
      while (!signal.aborted) {
        if (isStopDue()) await explain()
        else if (orders.length > 0 && Date.now() >= orderAtMs) {
          orderAtMs = Date.now() + orderForMs
          await changeOrder()
        } else if (codes.length > 0 && Date.now() >= codeAtMs) {
          codeAtMs = Date.now() + every.minMs + random() * (every.maxMs - every.minMs)
          await scanSomething()
        }
        await wait(LOOK_MS, undefined, { signal }).catch(() => {
          // It fails only because of the abort, and the loop looks for that itself.
        })
      }
    },
  }
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
