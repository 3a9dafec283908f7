/** `localhost` has an address of IPv4 and one of IPv6, and a server listens on one of them only. Whoever asks may use either. */
import { lookup } from 'node:dns/promises'
import { createServer, type Server as SocketServer } from 'node:net'

const LOCALHOST = 'localhost'

/** The addresses of this host at which the server does not listen; none for any other host than `localhost`. */
export async function addressesBeside(server: SocketServer, host: string): Promise<readonly string[]> {
  if (host !== LOCALHOST) return []
  const own = server.address()
  const addresses = await lookup(LOCALHOST, { all: true }).catch(() => [])
  return addresses
    .map(({ address }) => address)
    .filter((address) => typeof own !== 'object' || address !== own?.address)
}

/**
 * Hands connections to these addresses on to the server. One at which nobody can listen is left out.
 * @returns closes them
 */
export function listenAlsoAt(server: SocketServer, addresses: readonly string[], port: number): () => void {
  const others = addresses.map((address) => {
    const other = createServer((socket) => server.emit('connection', socket))
    other.on('error', () => other.close())
    return other.listen({ host: address, port })
  })
  return () => {
    for (const other of others) other.close()
  }
}
