/**
 * Modbus TCP framing on a port of 127.0.0.1: cuts the stream into requests and sends back what `respond` says.
 *
 * Our own, because the server of `modbus-serial` cannot listen on port 0, asks for one register at a time (so that a change
 * may fall between two of one read), and does not say what was requested. It keeps nothing between two requests.
 */
import { createServer, type Socket } from 'node:net'
import { portOf } from '../port-of.ts'

/** Transaction, protocol, length, unit: seven bytes before the function code. */
const HEADER_BYTES = 7
/** A PDU has at most 253 bytes; the length field counts the unit as well. */
const LENGTH_MAX = 254

/** The answer's PDU, or undefined for silence (a request that is meant for another unit). */
type Respond = (unit: number, pdu: Buffer) => Buffer | undefined

interface ModbusServer extends AsyncDisposable {
  readonly port: number
}

export async function serveModbus(respond: Respond): Promise<ModbusServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    // A client reset its connection; 'close' follows and cleans up.
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    readFrames(socket, respond)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function readFrames(socket: Socket, respond: Respond): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= HEADER_BYTES) {
      const length = pending.readUInt16BE(4)
      if (pending.readUInt16BE(2) !== 0 || length < 2 || length > LENGTH_MAX) return void socket.destroy()
      const end = HEADER_BYTES - 1 + length
      if (pending.length < end) return
      answer(socket, pending.subarray(0, end), respond)
      pending = pending.subarray(end)
    }
  })
}

function answer(socket: Socket, frame: Buffer, respond: Respond): void {
  const unit = frame.readUInt8(6)
  const pdu = respond(unit, frame.subarray(HEADER_BYTES))
  if (!pdu) return
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(frame.readUInt16BE(0), 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(unit, 6)
  socket.write(Buffer.concat([header, pdu]))
}
