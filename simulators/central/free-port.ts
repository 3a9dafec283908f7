/** Finds a TCP port for a server that must keep it over restarts. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range that operating systems hand out for outgoing connections, so that a stopped server keeps its port. */
const PORT_MIN = 15_000
const PORT_MAX = 32_000
const ATTEMPTS_MAX = 50

/** A port on which nobody listens at this moment. Another process may still take it before the caller does. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (await isFree(host, port)) return port
  }
  throw new Error(`No free port on ${host} between ${PORT_MIN} and ${PORT_MAX}.`)
}

async function isFree(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen(port, host, () => probe.close(() => resolve(true)))
  return promise
}
