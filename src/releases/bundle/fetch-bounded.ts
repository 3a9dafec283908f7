/** Fetches one file over HTTP: bounded in time and size, from just the server that was named, with its certificate proven. */
import type { IncomingMessage } from 'node:http'
import type { Secret } from '../../runtime/secret.ts'
import { ReleaseRefused, ReleaseUnreachable } from '../release-error.ts'

interface FetchCall {
  readonly url: string
  readonly token: Secret | undefined
  /** In PEM; undefined: the authorities that Node trusts. */
  readonly ca: string | undefined
  /** Of what this server gave last: where it still has that, it need not send it again. */
  readonly known: string | undefined
  readonly bytesMax: number
  readonly signal: AbortSignal
}

interface Fetched {
  /** Undefined where the server still has what is known. */
  readonly bytes: Uint8Array | undefined
  /** What the server calls it. */
  readonly tag: string | undefined
}

/** A bundle over a slow link. */
const WHOLE_MAX_MS = 120_000
/** So long without a byte. */
const SILENCE_MAX_MS = 20_000
const OK = 200
const UNCHANGED = 304
const MOVED_MIN = 300
const FORBIDDEN = [401, 403]

/** @throws ReleaseUnreachable, or ReleaseRefused where it is too long */
export async function fetchBounded(call: FetchCall): Promise<Fetched> {
  const timeout = AbortSignal.timeout(WHOLE_MAX_MS)
  const signal = AbortSignal.any([call.signal, timeout])
  try {
    const response = await responseTo(call, signal)
    const { statusCode = 0, headers } = response
    const tag = headers.etag
    if (statusCode === UNCHANGED) return { bytes: undefined, tag }
    if (statusCode !== OK) throw refusedBy(call.url, statusCode, headers.location)
    return { bytes: await bodyOf(response, call.bytesMax), tag }
  } catch (error) {
    if (error instanceof ReleaseUnreachable || error instanceof ReleaseRefused) throw error
    const why = timeout.aborted ? `not within ${WHOLE_MAX_MS / 1_000} s` : reasonOf(error)
    throw new ReleaseUnreachable(`${hostOf(call.url)} did not give it: ${why}`, HINT, error)
  }
}

const HINT = 'check the address, the network and the server; it is tried again by itself'

async function responseTo(
  { url, token, ca, known }: FetchCall,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  // Loaded only here: the import of each of them loads all that Node has for the web, before the first machine is asked.
  const [http, https] = await Promise.all([import('node:http'), import('node:https')])
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = {
    accept: 'application/octet-stream',
    'accept-encoding': 'identity',
    ...(token && { authorization: `Bearer ${token.reveal()}` }),
    ...(known !== undefined && { 'if-none-match': known }),
  }
  const options = { headers, signal, agent: false, timeout: SILENCE_MAX_MS } as const
  const request = url.startsWith('https:')
    ? https.request(url, { ...options, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' })
    : http.request(url, options)
  request.on('timeout', () => request.destroy(new Error(`silent for ${SILENCE_MAX_MS / 1_000} s`)))
  request.on('error', reject)
  request.on('response', resolve)
  request.end()
  return await promise
}

async function bodyOf(response: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    total += chunk.byteLength
    if (total > bytesMax) {
      response.destroy()
      throw new ReleaseRefused(
        `it has more than ${bytesMax} bytes`,
        'a bundle holds device maps and routes only',
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** It is never followed: whoever can redirect us could send us anywhere, also with our token. */
function refusedBy(url: string, status: number, location: string | undefined): ReleaseUnreachable {
  const host = hostOf(url)
  if (status >= MOVED_MIN && status < 400) {
    const to =
      location !== undefined && URL.canParse(location, url) ? ` to ${new URL(location, url).host}` : ''
    return new ReleaseUnreachable(`${host} redirects${to}`, 'write the address itself that holds the bundle')
  }
  const hint = FORBIDDEN.includes(status)
    ? 'check token_file'
    : 'check the address, and that the bundle is there'
  return new ReleaseUnreachable(`${host} answers with status ${status}`, hint)
}

/** Without the path and the query, which may hold a secret. */
function hostOf(url: string): string {
  return new URL(url).host
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return [code, message].filter((one) => typeof one === 'string' && one !== '').join(': ')
}
