/** Something in the place of a PostgreSQL that answers a login with whatever bytes a test gives it, and keeps what it is told. */
import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { SocketDevice } from './socket-device.ts'

/** Says the next of its answers each time something comes. */
export class PosingServer extends SocketDevice {
  /** Everything that it was told after the first message, which names user and database. */
  heard: Buffer = Buffer.alloc(0)
  readonly #answers: readonly Buffer[]

  private constructor(answers: readonly Buffer[]) {
    super()
    this.#answers = answers
  }

  static async start(...answers: readonly Buffer[]): Promise<PosingServer> {
    const server = new PosingServer(answers)
    await server.listen(0)
    return server
  }

  readonly #said = new Map<Socket, number>()

  protected take(received: Buffer, socket: Socket): Buffer {
    const said = this.#said.get(socket) ?? 0
    this.#said.set(socket, said + 1)
    if (said > 0) this.heard = Buffer.concat([this.heard, received])
    const answer = this.#answers[said]
    if (answer) socket.write(answer)
    return Buffer.alloc(0)
  }
}

/** One message of PostgreSQL's protocol: a letter, the length, and what it says. */
export function message(letter: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(parts.map(bytesOf))
  const head = Buffer.alloc(5)
  head.write(letter, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A number is one of four bytes. A text ends with a zero byte. */
function bytesOf(part: Buffer | string | number): Buffer {
  if (Buffer.isBuffer(part)) return part
  if (typeof part === 'string') return Buffer.from(`${part}\0`)
  const number = Buffer.alloc(4)
  number.writeInt32BE(part)
  return number
}

/** What a server says that lets a client in without asking for anything. */
export const LET_IN = Buffer.concat([message('R', 0), message('K', 1, 2), message('Z', Buffer.from('I'))])
