/** What a real OPC UA server says to a client that connects and reads, chunk by chunk. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, OPCUAClient } from 'node-opcua'
import { portOf } from '../../../simulators/port-of.ts'
import { startOpcUaServer } from '../../support/opcua-server.ts'

/** Message type, `F` or `C`, and the length, before anything else. */
const HEADER_BYTES = 8

export async function recordedChunks(): Promise<readonly Buffer[]> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-chunks-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const state = { name: 'state', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 7 } } as const
  const server = stack.use(await startOpcUaServer({ folder, variables: [state] }))
  const said: Buffer[] = []
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.pipe(upstream)
    upstream.on('data', (bytes) => void said.push(bytes))
    upstream.pipe(client)
  })
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening))
  stack.defer(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
  await client.connect(`opc.tcp://127.0.0.1:${portOf(listener)}`)
  const session = await client.createSession()
  await session.read({ nodeId: 'ns=1;s=state' })
  await session.browse('RootFolder')
  await session.close()
  await client.disconnect()
  return chunksOf(Buffer.concat(said))
}

function chunksOf(stream: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= stream.length; ) {
    const length = stream.readUInt32LE(at + 4)
    chunks.push(stream.subarray(at, at + length))
    at += Math.max(HEADER_BYTES, length)
  }
  return chunks
}
