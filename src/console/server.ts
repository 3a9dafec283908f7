/**
 * The health endpoint, on loopback unless configured otherwise: `/status` says everything, `/health` answers 200 or 503.
 * It only reads; there is nothing here that changes anything.
 */
import { createServer, type Server } from 'node:http'
import type { Service } from '../runtime/service.ts'
import type { StatusReport } from './report.ts'
import type { ConsoleSettings } from './settings.ts'

interface ConsoleParts extends ConsoleSettings {
  readonly report: () => Promise<StatusReport>
  /** Called with the port as soon as it is known. */
  readonly onListening: (port: number) => void
}

/** Listens while it runs. Running fails where the port cannot be had. */
export function createConsole({ host, port, report, onListening }: ConsoleParts): Service {
  async function run(signal: AbortSignal): Promise<void> {
    const server = createServer((request, response) => {
      void answer(request.url ?? '/', report).then(({ code, body }) => {
        response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        response.end(`${JSON.stringify(body)}\n`)
      })
    })
    const listensAt = await listen(server, host, port)
    // A stop during the listening may already have taken back what says where the console is.
    if (!signal.aborted) onListening(listensAt)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    server.close()
    server.closeAllConnections()
  }
  return { name: 'console', run }
}

async function answer(
  url: string,
  report: () => Promise<StatusReport>,
): Promise<{ readonly code: number; readonly body: unknown }> {
  try {
    if (url === '/status') return { code: 200, body: await report() }
    if (url === '/health') {
      const { healthy, degraded } = await report()
      return { code: healthy ? 200 : 503, body: { healthy, degraded } }
    }
    return { code: 404, body: { error: 'there is /status and /health' } }
  } catch (error) {
    return { code: 500, body: { error: error instanceof Error ? error.message : 'the report failed' } }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
