/**
 * What passes between the main thread and the one that compares. That one reads the log, and asks the main thread for what destinations
 * say: connections, passwords and what messages about them need to know are there.
 */
import type { QuarantinedEvent, QuarantineKey, StreamHead } from '../../domain/destination.ts'
import { GatewayError } from '../../domain/errors.ts'
import type { Recipient } from '../../domain/recipient.ts'
import type { MesRow } from '../../routes/mes/tables/table.ts'
import type { CallOutcome } from '../../runtime/open-calls.ts'
import type { ThreadCall, ThreadFault } from '../../runtime/thread-link.ts'
import type { AuditProgress, AuditReport } from '../audit.ts'
import type { RouteAudit, RoutePlace } from '../audit-route.ts'
import type { RowFinding } from '../compare-rows.ts'

/** Which log is compared. */
export interface AuditSetup {
  readonly logFile: string
}

/** What the thread asks the main one; each is one message there and one back. */
export interface AuditQuestions {
  /** Connects to central. To be asked before what follows of it. @param last whom the log was delivered to last */
  connect(last: Recipient | undefined): void
  head(): StreamHead | undefined
  /** @param table its name, as tables hold functions, which cannot be sent */
  rows(table: string, keys: readonly MesRow[]): readonly MesRow[]
  quarantined(after: QuarantineKey | undefined, limit: number): readonly QuarantinedEvent[]
  discarded(): readonly QuarantinedEvent[]
  /** The names of the routes other than central. */
  routes(): readonly string[]
  /** What the destination of a route says of where the log stands. */
  route(name: string, place: RoutePlace): RouteOutcome
}

/** What was found of a route, or why its destination cannot be asked. */
export type RouteOutcome = RouteAudit | { readonly route: string; readonly fault: ThreadFault }

export interface Question extends ThreadCall {
  readonly kind: 'question'
  readonly name: keyof AuditQuestions
}

/** How far the comparison has come. */
export interface Progress extends Omit<AuditProgress, 'phase'> {
  readonly phase: AuditProgress['phase'] | 'routes'
}

/** What was found, in a form that can be sent; of what is wrong the first alone. */
export interface Comparison
  extends Pick<AuditReport, 'acknowledged' | 'central' | 'inStep' | 'compared' | 'complete' | 'chain'> {
  /** How many findings there are of each kind. */
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly FoundRow[]
  /** The first and the last event whose row is missing in central. */
  readonly missing: { readonly from: number; readonly to: number } | null
  readonly routes: readonly RouteOutcome[]
}

/** A row that is not in central as the log says. */
export interface FoundRow extends Pick<RowFinding, 'kind' | 'differences'> {
  readonly table: string
  /** The machine or the scanner. */
  readonly about: string
  readonly at: string
  readonly seq: number
}

export type FromThread =
  | Question
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly outcome: CallOutcome<ThreadFault> }

export type ToThread =
  /** What was found until now is enough. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'answer'; readonly id: number; readonly outcome: CallOutcome<ThreadFault> }

/** Why a comparison failed: in the words of the log, or of the destination that was asked. */
export class AuditFault extends GatewayError {
  override readonly name = 'AuditFault'
  readonly retryable = true
  constructor({ message, hint }: ThreadFault) {
    super('audit-failed', message, hint === undefined ? {} : { hint })
  }
}

/** What failed, in words that can be sent. */
export function sendable(error: unknown): ThreadFault {
  if (!(error instanceof Error)) return { message: String(error) }
  const hint = error instanceof GatewayError ? error.hint : undefined
  return { message: error.message, ...(hint === undefined ? {} : { hint }) }
}
