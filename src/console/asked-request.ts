/** A request as far as it is looked at to find out who asks, whether Node's own server has taken it or the one of the pages. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { fastifyCookie } from '@fastify/cookie'

export interface AskedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The address of whoever is connected. */
  readonly ip: string
  readonly protocol: 'http' | 'https'
  readonly cookies: Readonly<Record<string, string | undefined>>
  readonly raw: { readonly socket: Socket }
}

/** What Node's own server has taken. */
export function askedRequest(request: IncomingMessage): AskedRequest {
  const { method = 'GET', headers, socket } = request
  return {
    ...{ method, headers, raw: request },
    ip: socket.remoteAddress ?? '',
    protocol: 'encrypted' in socket ? 'https' : 'http',
    cookies: headers.cookie === undefined ? {} : fastifyCookie.parse(headers.cookie),
  }
}

/** The path without the query, in which anything may stand. */
export function pathWithin(url: string): string {
  return url.split('?')[0] ?? url
}
