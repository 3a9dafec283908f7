/**
 * What is asked again and again by whoever watches the gateway: `/status` says everything; `/health` answers 200 while nothing is wrong, and
 * 503 else; `/metrics` is for Prometheus and whoever else scrapes. Whoever restarts or routes by an answer asks the other two:
 * `/health/live` answers as long as the program turns, however much is wrong around it, and `/health/ready` answers 200 while it does its
 * work. All of them only show.
 *
 * They are answered by Node's own server: a gateway that is only watched does without the server of web pages, and a disk that gives no
 * file of the program keeps nobody from its status.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../runtime/log.ts'
import type { ConsoleAccess } from './access/access.ts'
import { isFromHere } from './access/origin.ts'
import { apiFault } from './api-fault.ts'
import { type AskedRequest, askedRequest, pathWithin } from './asked-request.ts'
import type { Connections } from './connections.ts'
import { isAskedByOurName, WRONG_NAME } from './host-names.ts'
import { ApiRefusal } from './refusal.ts'
import type { StatusReport } from './report.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** What a scrape is answered with. */
export interface MetricsText {
  /** The media type. */
  readonly type: string
  readonly text: string
}

interface WatcherParts {
  readonly access: ConsoleAccess
  readonly connections: Connections
  /** Names by which requests may call this computer, besides any IP address and `localhost`. */
  readonly names: readonly string[]
  readonly report: () => Promise<StatusReport>
  /** Why the gateway does not do its work; undefined while it does. */
  readonly unready: () => Promise<string | undefined>
  /** @param accept as the header of that name says */
  readonly metrics: (accept: string | undefined) => Promise<MetricsText>
  readonly log: Log
}

interface Answer {
  readonly status: number
  /** The media type. */
  readonly type: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** @returns what answers a request for these paths; undefined for any other one, and for whoever would change something */
export function watchedPaths(parts: WatcherParts): (request: IncomingMessage) => RequestListener | undefined {
  const answers = new Map<string, (request: AskedRequest) => Promise<Answer>>([
    ['/status', (request) => status(parts, request)],
    ['/health', (request) => health(parts, request)],
    ['/health/live', async () => json(200, { live: true })],
    ['/health/ready', (request) => ready(parts, request)],
    ['/metrics', (request) => scrape(parts, request)],
  ])
  return ({ url = '', method }) => {
    const answer = method === 'GET' || method === 'HEAD' ? answers.get(pathWithin(url)) : undefined
    return answer && ((request, response) => void respond(parts, answer, request, response))
  }
}

/** This computer may always ask; others once they are signed in. */
async function status(parts: WatcherParts, request: AskedRequest): Promise<Answer> {
  return refusalFor(parts, request) ?? json(200, await parts.report())
}

/** Others learn whether it is healthy. */
async function health({ report }: WatcherParts, request: AskedRequest): Promise<Answer> {
  const { healthy, degraded } = await report()
  return json(healthy ? 200 : 503, isFromHere(request) ? { healthy, degraded } : { healthy })
}

async function ready({ unready }: WatcherParts, request: AskedRequest): Promise<Answer> {
  const why = await unready()
  const isReady = why === undefined
  return json(isReady ? 200 : 503, { ready: isReady, ...(!isReady && isFromHere(request) && { why }) })
}

/** This computer may always ask; others with a token of the role view, or signed in. */
async function scrape(parts: WatcherParts, request: AskedRequest): Promise<Answer> {
  const vary = { vary: 'accept' }
  const refused = refusalFor(parts, request)
  if (refused) return { ...refused, headers: vary }
  // On a computer that is busy an answer may take longer than a connection may be silent.
  using _held = parts.connections.hold(request.raw.socket)
  const { type, text } = await parts.metrics(request.headers.accept)
  return { status: 200, type, text, headers: vary }
}

/** Why a call from another computer may not look, in plain JSON, since a program reads it; undefined where it may. */
function refusalFor({ access }: WatcherParts, request: AskedRequest): Answer | undefined {
  if (isFromHere(request)) return undefined
  try {
    access.admit(request, 'view')
    return undefined
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
    return refused(error)
  }
}

async function respond(
  parts: WatcherParts,
  answer: (request: AskedRequest) => Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, text, headers } = await answerTo(parts, answer, request)
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(text),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}

/** Never throws: whatever a request brings, the gateway goes on. */
async function answerTo(
  { names, log }: WatcherParts,
  answer: (request: AskedRequest) => Promise<Answer>,
  request: IncomingMessage,
): Promise<Answer> {
  try {
    return isAskedByOurName(request, names) ? await answer(askedRequest(request)) : json(421, WRONG_NAME)
  } catch (error) {
    return refused(apiFault(log, request, error))
  }
}

function json(status: number, body: unknown): Answer {
  return { status, type: JSON_TYPE, text: `${JSON.stringify(body)}\n` }
}

function refused({ status, message, hint }: ApiRefusal): Answer {
  return json(status, { error: message, hint })
}
