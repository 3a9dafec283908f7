/** Until when the certificate is valid that the other side of a connection has shown. */
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** In ms since 1970; undefined without TLS. */
export function certificateEnd(socket: Duplex): number | undefined {
  const { valid_to: end } = socket instanceof TLSSocket ? socket.getPeerCertificate() : {}
  return end === undefined ? undefined : Date.parse(end)
}
