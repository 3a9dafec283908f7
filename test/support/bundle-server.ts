/** A real HTTPS server that gives out a bundle, and the many ways in which such a server can fail. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeTlsCertificate } from './tls-certificate.ts'

interface BundleServer extends AsyncDisposable {
  readonly url: string
  readonly caFile: string
  /** What it gives out. */
  bundle: Uint8Array
  /** Where it wants a token. */
  token: string | undefined
  /** What it does in place of answering; undefined: it answers. */
  misbehaves: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** How often it gave the whole bundle out. */
  readonly given: () => number
}

export async function startBundleServer(folder: string): Promise<BundleServer> {
  const { cert, key, caFile } = await makeTlsCertificate(folder, ['localhost'])
  let given = 0
  const server = createServer({ cert, key }, (request, response) => {
    if (served.misbehaves) return served.misbehaves(request, response)
    if (served.token !== undefined && request.headers.authorization !== `Bearer ${served.token}`)
      return response.writeHead(401).end()
    const etag = `"${served.bundle.byteLength}-${sum(served.bundle)}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
    given += 1
    return response.writeHead(200, { etag }).end(served.bundle)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const served: BundleServer = {
    url: `https://localhost:${(server.address() as AddressInfo).port}/line-1.bundle`,
    caFile,
    bundle: new Uint8Array(),
    token: undefined,
    misbehaves: undefined,
    given: () => given,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return served
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte, index) => (total + byte * (index + 1)) % 1_000_003, 0)
}
