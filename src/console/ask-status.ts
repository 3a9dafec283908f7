/** Asks the running daemon for its status: where it said that it listens, and where it is configured to. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { hostWithPort } from '../documents/host.ts'
import { findPresence, type Presence } from './presence.ts'
import type { StatusReport } from './report.ts'

/**
 * `absent`: nobody answers; a daemon that died leaves its announcement behind.
 * `silent`: somebody took the question and gave no answer in time.
 * `other`: some other program answers, or another gateway.
 * `hidden`: this user may not read the announcement, and no gateway of this name answers where it is configured to.
 */
export type StatusAnswer = StatusReport | 'absent' | 'silent' | 'other' | 'hidden'

interface Asking {
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** Where a gateway of this name is configured to listen, for whoever finds no word of where it does. */
interface Configured extends Presence {
  readonly gateway: string
}

/** Never throws. A question that the signal calls off counts as `absent`. */
export async function askStatus(
  dataFolder: string,
  { maxMs, signal }: Asking,
  configured?: Configured,
): Promise<StatusAnswer> {
  const presence = findPresence(dataFolder)
  const announced = typeof presence === 'object' ? [presence] : []
  const places = [...announced, ...(configured ? [configured] : [])].filter(isOnlyOne)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(maxMs)])
  const answers = await Promise.all(places.map((place) => ask(place, configured?.gateway, limit)))
  const best = answers.find((answer) => typeof answer === 'object')
  if (best) return best
  // Whoever is silent or strange at the configured place need not be this gateway.
  if (presence === 'hidden') return 'hidden'
  return (['silent', 'other'] as const).find((answer) => answers.includes(answer)) ?? 'absent'
}

/** Port 0 is none. */
function isOnlyOne({ host, port }: Presence, index: number, all: readonly Presence[]): boolean {
  return port !== 0 && all.findIndex((other) => other.host === host && other.port === port) === index
}

/** A console with too many connections ends the oldest: whoever is hit by that asks again, so often and after so long. */
const TRIES = 10
const AGAIN_MS = 50
const STATUS = '/status'

type Answered = StatusReport | 'absent' | 'silent' | 'other'

/** @param gateway whose answer is wanted; without it, any gateway's */
async function ask(place: Presence, gateway: string | undefined, signal: AbortSignal): Promise<Answered> {
  for (let tries = 1; ; tries += 1) {
    const answer = await askOnce(place, gateway, signal)
    if (answer !== 'cut off') return answer
    if (tries === TRIES || signal.aborted) return 'other'
    await wait(AGAIN_MS)
  }
}

async function askOnce(
  place: Presence,
  gateway: string | undefined,
  signal: AbortSignal,
): Promise<Answered | 'cut off'> {
  try {
    const { isDone, text } = await (place.isSecure ? getSecurely(place, signal) : get(place, signal))
    const report = JSON.parse(text) as Partial<StatusReport>
    return isDone && isReport(report) && report.gateway === (gateway ?? report.gateway) ? report : 'other'
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return 'silent'
    if (error instanceof SyntaxError) return 'other'
    return isCutOff(error) ? 'cut off' : 'absent'
  }
}

interface GivenAnswer {
  readonly isDone: boolean
  readonly text: string
}

async function get({ host, port }: Presence, signal: AbortSignal): Promise<GivenAnswer> {
  const response = await fetch(`http://${hostWithPort(host, port)}${STATUS}`, { signal })
  return { isDone: response.ok, text: await response.text() }
}

/**
 * Any certificate is good: nothing is sent to whoever answers, and without TLS nobody would prove who it is either.
 * @throws as `fetch` does
 */
async function getSecurely({ host, port }: Presence, signal: AbortSignal): Promise<GivenAnswer> {
  try {
    const sent = request({ host, port, path: STATUS, rejectUnauthorized: false, agent: false, signal })
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { isDone: response.statusCode === 200, text: (await response.toArray()).join('') }
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new Error('there was no answer', { cause })
  }
}

/** The connection was there, and ended before the answer did. */
function isCutOff(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } }
  return cause?.code === 'ECONNRESET' || cause?.code === 'EPIPE' || cause?.code === 'UND_ERR_SOCKET'
}

function isReport(answer: Partial<StatusReport>): answer is StatusReport {
  return typeof answer?.gateway === 'string'
}
