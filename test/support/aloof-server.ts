/** A server on a thread of its own: it goes on while the test that talks to it stands still. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Ends each connection but the last in good order, so long after it was made. */
const ENDS_AFTER_MS = 5

const PROGRAM = `
  const { createServer } = require('node:net')
  const { parentPort, workerData: { texts, endsAfterMs } } = require('node:worker_threads')
  let connections = 0
  const server = createServer((socket) => {
    const text = texts[connections]
    connections += 1
    socket.on('error', () => {})
    socket.write(text ?? '')
    if (connections < texts.length) setTimeout(() => socket.end(), endsAfterMs)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/** @param texts what it sends over each connection, as soon as it is made; the last one stays open */
export async function startAloofServer(
  texts: readonly string[],
): Promise<AsyncDisposable & { readonly address: string }> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: { texts, endsAfterMs: ENDS_AFTER_MS } })
  const [port] = (await once(worker, 'message')) as [number]
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  }
}
