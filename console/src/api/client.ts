/**
 * Calls the gateway: `await get<Line>('/line')`. What goes over the wire is typed by `src/api/AREA/shapes.ts`, from which pages import
 * types and nothing else.
 */
import { signal } from '@preact/signals'
import type { RefusalOnWire } from '../../../src/console/shapes.ts'
import { noteGatewayDate } from './gateway-clock.ts'

const BASE = '/api/v1'
/** What a request that changes something has to carry; a page of another origin cannot set it without being asked first. */
const FROM_PAGE_HEADER = 'x-millrace'
const WAIT_MAX_MS = 30_000

/** The JSON of a refusal; empty where whatever answered was not the gateway. */
type FaultBody = Partial<RefusalOnWire>

/** What the gateway said instead of an answer. */
export class CallError extends Error {
  /** The HTTP status; 0 where the gateway could not be reached. */
  readonly status: number
  /** What to do, in the gateway's words. */
  readonly hint: string | undefined
  /** What the gateway said: `what`, `code`, and the faults of a text that was sent. */
  readonly body: FaultBody

  constructor(status: number, body: FaultBody) {
    super(body.what ?? `HTTP ${status}`)
    this.status = status
    this.hint = body.hint
    this.body = body
  }
}

/** Counts the answers that ask for a sign-in; the shell then shows the page for it. */
export const signInAsked = signal(0)

/** Asks for something. `query`: what is undefined is left out. */
export function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return call<Answer>('GET', path + queryText(query), undefined, signal)
}

/** Does something. `waitMaxMs`: for what takes the gateway longer than usual, as a device that has to be asked. */
export function post<Answer = unknown>(
  path: string,
  body: unknown = {},
  signal?: AbortSignal,
  waitMaxMs?: number,
): Promise<Answer> {
  return call<Answer>('POST', path, body, signal, waitMaxMs)
}

/** Puts something in the place of what is there. */
export function put<Answer = unknown>(path: string, body: unknown): Promise<Answer> {
  return call<Answer>('PUT', path, body)
}

/** Removes something. */
export function remove<Answer = unknown>(path: string): Promise<Answer> {
  return call<Answer>('DELETE', path, undefined)
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** The address of an endpoint, for a link that downloads. */
export function addressOf(path: string, query: Query = {}): string {
  return BASE + path + queryText(query)
}

async function call<Answer>(
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
  waitMaxMs = WAIT_MAX_MS,
): Promise<Answer> {
  const late = AbortSignal.timeout(waitMaxMs)
  const response = await fetch(BASE + path, {
    method,
    headers: {
      accept: 'application/json',
      ...(method !== 'GET' && { [FROM_PAGE_HEADER]: 'page' }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, late]) : late,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new CallError(0, {})
  })
  noteGatewayDate(response.headers.get('date'))
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok && answer !== undefined) return answer as Answer
  // An answer that breaks off says nothing.
  if (response.ok) throw new CallError(0, {})
  if (response.status === 401) signInAsked.value += 1
  throw new CallError(response.status, (answer ?? {}) as FaultBody)
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
  )
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}
