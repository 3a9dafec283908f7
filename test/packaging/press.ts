/** A press that changes its status every 5 s, longer than any status of its map has to hold, on a Modbus port that is named. Of a request it looks at nothing but how much is asked for. */
import { createServer } from 'node:net'

const [port] = process.argv.slice(2)
const CHANGES_EVERY_S = 5
const READY = 2
const SERVICE = 5
/** The registers of its heartbeat and its state, counted from 0. */
const HEARTBEAT = 99
const STATE = 100

function registerAt(address: number): number {
  const second = Math.floor(Date.now() / 1_000)
  if (address === HEARTBEAT) return second % 65_536
  if (address === STATE) return Math.floor(second / CHANGES_EVERY_S) % 2 === 0 ? READY : SERVICE
  return 0
}

/** The answer to a request that reads registers: the same head, and their values. */
function answerTo(request: Buffer): Buffer {
  const first = request.readUInt16BE(8)
  const count = request.readUInt16BE(10)
  const answer = Buffer.alloc(9 + 2 * count)
  request.copy(answer, 0, 0, 8)
  answer.writeUInt16BE(3 + 2 * count, 4)
  answer.writeUInt8(2 * count, 8)
  for (let index = 0; index < count; index += 1)
    answer.writeUInt16BE(registerAt(first + index), 9 + 2 * index)
  return answer
}

createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', (request) => socket.write(answerTo(request)))
}).listen(Number(port), '127.0.0.1')
