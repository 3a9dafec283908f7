/** Has the log compared by a thread that is there only for that, and answers what it asks of destinations. */
import { Worker } from 'node:worker_threads'
import type { Route } from '../../domain/destination.ts'
import type { Recipient } from '../../domain/recipient.ts'
import type { Ledger } from '../../routes/mes/ledger.ts'
import { MES_TABLES } from '../../routes/mes/tables/index.ts'
import { type CallOutcome, threadFile } from '../../runtime/open-calls.ts'
import type { ThreadFault } from '../../runtime/thread-link.ts'
import { auditRoute, type RouteAudit, type RoutePlace } from '../audit-route.ts'
import {
  AuditFault,
  type AuditQuestions,
  type Comparison,
  type FromThread,
  type Progress,
  type Question,
  type RouteOutcome,
  sendable,
  type ToThread,
} from './messages.ts'

/** A page of events, and 10,000 rows that are not as they should be, take far less. */
const MEMORY_MAX_MB = 256

/** What is compared. */
export interface AuditedSides {
  /** The file of the local log. */
  readonly logFile: string
  /** @param last whom the log was delivered to last */
  openLedger(last: Recipient | undefined): Promise<Ledger>
  /** The routes other than central. */
  routes(): Promise<readonly Route[]>
  /** Asks the destination of a route, for a bounded time. */
  boundedly(route: string, audit: (signal: AbortSignal) => Promise<RouteAudit>): Promise<RouteAudit>
}

interface AuditWorld {
  /** The comparison ends with what it has found by then. */
  readonly enough: AbortSignal
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/**
 * @throws AuditFault when central cannot be asked or the log cannot be read
 * @throws the signal's reason
 */
export async function auditInThread(sides: AuditedSides, world: AuditWorld): Promise<Comparison> {
  const { enough, signal, onProgress } = world
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<CallOutcome<ThreadFault>>()
  const worker = new Worker(threadFile(import.meta.url, './worker'), {
    workerData: { logFile: sides.logFile },
    name: 'audit',
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
  })
  worker.unref()
  const tell = (told: ToThread) => worker.postMessage(told)
  const stop = () => tell({ kind: 'stop' })
  const giveUp = () => reject(signal.reason)
  await using answers = new Answers(sides)
  worker.on('message', (told: FromThread) => {
    if (told.kind === 'done') resolve(told.outcome)
    else if (told.kind === 'progress') onProgress(told.progress)
    else
      answers
        .to(told)
        .then((outcome) => tell({ kind: 'answer', id: told.id, outcome }))
        .catch(reject)
  })
  worker.on('error', (error) => reject(ended(error.message)))
  worker.on('exit', (code) => reject(ended(`exit code ${code}`)))
  if (enough.aborted) stop()
  enough.addEventListener('abort', stop, { once: true })
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const outcome = await promise
    if (!outcome.ok) throw new AuditFault(outcome.fault)
    return outcome.value as Comparison
  } finally {
    enough.removeEventListener('abort', stop)
    signal.removeEventListener('abort', giveUp)
    // It may be in a read that the disk does not finish; then it ends after that.
    void worker.terminate()
  }
}

function ended(cause: string): AuditFault {
  const message = `the thread that compares has ended: ${cause}`
  return new AuditFault({ message, hint: 'start the comparison again' })
}

/** What destinations say to the thread's questions. Disposing it closes the connection to central. */
class Answers implements AsyncDisposable {
  readonly #sides: AuditedSides
  #ledger: Ledger | undefined
  #isOver = false
  #routes: readonly Route[] = []

  constructor(sides: AuditedSides) {
    this.#sides = sides
  }

  async to({ name, args }: Question): Promise<CallOutcome<ThreadFault>> {
    try {
      const answer = this.#answers[name] as (...args: readonly unknown[]) => unknown
      return { ok: true, value: await answer(...args) }
    } catch (error) {
      return { ok: false, fault: sendable(error) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#ledger?.[Symbol.asyncDispose]()
  }

  readonly #answers: {
    readonly [Name in keyof AuditQuestions]: (...args: Parameters<AuditQuestions[Name]>) => Answered<Name>
  } = {
    connect: async (last) => {
      const ledger = await this.#sides.openLedger(last)
      if (this.#isOver) await ledger[Symbol.asyncDispose]()
      else this.#ledger = ledger
    },
    head: () => this.#central.head(),
    rows: (name, keys) => {
      const table = MES_TABLES.find((one) => one.name === name)
      return table ? this.#central.rows(table, keys) : []
    },
    quarantined: (after, limit) => this.#central.quarantined(after, limit),
    discarded: () => this.#central.discarded(),
    routes: async () => {
      this.#routes = await this.#sides.routes()
      return this.#routes.map((route) => route.name)
    },
    route: (name, place) => this.#routeOutcome(name, place),
  }

  get #central(): Ledger {
    if (!this.#ledger) throw new Error('central is asked before it is connected')
    return this.#ledger
  }

  async #routeOutcome(name: string, place: RoutePlace): Promise<RouteOutcome> {
    const route = this.#routes.find((one) => one.name === name)
    if (!route) throw new Error(`there is no route ${name}`)
    try {
      return await this.#sides.boundedly(name, (until) => auditRoute(route, place, until))
    } catch (error) {
      return { route: name, fault: sendable(error) }
    }
  }
}

type Answered<Name extends keyof AuditQuestions> =
  | ReturnType<AuditQuestions[Name]>
  | Promise<ReturnType<AuditQuestions[Name]>>
