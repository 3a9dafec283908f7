/** What passes between a line and the units on it. */
import { GATEWAY_EXCEPTIONS } from './exceptions.ts'
import type { LineFault } from './line-faults.ts'
import type { Misfit, ModbusAnswer, ReadRequest, Stray } from './request.ts'

/** A unit that has entered the line. */
export interface LineUser {
  readonly unit: number
  /** How long the line must have been quiet before the unit is asked. */
  readonly pauseMs: number
  /** How long after the opening of the line the unit is asked for the first time. */
  readonly connectDelayMs: number
  /** So long after a request its answer may come, whether or not it is still waited for. */
  readonly lateMaxMs: number
  /** The line cannot be opened, or is closed for good: what the unit waits for will never come. */
  lost(fault: unknown): void
}

/** One request of a unit. All times count from when it is sent, not from when it begins to wait for its turn. */
export interface LineRead {
  readonly user: LineUser
  readonly request: ReadRequest
  /** How often it may be sent. */
  readonly sendsMax: number
  /** After this silence it is sent again, if it may be. An answer to any of them counts. */
  readonly patienceMs: number
  /** How long the answer to the last one may take. */
  readonly timeoutMs: number
  /** Called at most once; where the line is lost, `user.lost` is called instead. */
  ended(end: ReadEnd, how: SentHow): void
}

/** How a request was sent. */
export interface SentHow {
  readonly sends: number
  /** Since it was sent first. */
  readonly tookMs: number
  /** Since it was sent for the time that was answered, or for the last time. */
  readonly answerMs: number
  /** Since it was sent for the last time. */
  readonly sinceLastMs: number
  /**
   * Whether another unit may have kept the line busy meanwhile, or the gateway itself stood still, so that the times say little of
   * this unit.
   */
  readonly mayHaveWaited: boolean
}

/** What came of a request: an answer of either kind, nothing in time, or the end of the connection. */
export type ReadEnd =
  | ModbusAnswer
  | Misfit
  | { readonly kind: 'silence'; readonly instead: Stray | undefined }
  | HungUp

/** `wasUsed`: an earlier request was answered on the connection. */
interface HungUp {
  readonly kind: 'hung-up'
  readonly fault: LineFault
  readonly wasUsed: boolean
}

/** Whether the line waited for a unit that did not answer, or that a gateway at the end of the line did not hear. */
export function isMissed(end: ReadEnd): boolean {
  return end.kind === 'silence' || (end.kind === 'exception' && GATEWAY_EXCEPTIONS.has(end.code))
}

/** Whether the unit itself answered, and not a gateway in its place. */
export function isOwnAnswer(end: ReadEnd): end is ModbusAnswer {
  return end.kind === 'data' || (end.kind === 'exception' && !GATEWAY_EXCEPTIONS.has(end.code))
}
