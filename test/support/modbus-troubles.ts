/** What devices in the field do to requests, as behaviours of a {@link ModbusDevice} that can be put around one another. */
import type { Socket } from 'node:net'
import {
  answerOwnAddress,
  type Behaviour,
  dataFrame,
  exceptionFrame,
  type ModbusRequest,
  ownAddresses,
} from './modbus-device.ts'

type Condition = (request: ModbusRequest) => boolean

/** Requests that read this register. */
export function touching(register: number): Condition {
  return ({ start, count }) => start <= register && register < start + count
}

/** Requests for more registers than this. */
export function longerThan(registers: number): Condition {
  return ({ count }) => count > registers
}

/** Does something else where the condition holds. */
export function where(
  condition: Condition,
  trouble: Behaviour,
  otherwise: Behaviour = answerOwnAddress,
): Behaviour {
  return (request) => (condition(request) ? trouble(request) : otherwise(request))
}

export const silence: Behaviour = () => {}
export const hangUp: Behaviour = ({ socket }) => socket.destroy()
export const reset: Behaviour = ({ socket }) => socket.resetAndDestroy()

export function exception(code: number): Behaviour {
  return (request) => request.socket.write(exceptionFrame(request, code))
}

/** Answers with fewer registers than it was asked for. */
export const shortAnswer: Behaviour = (request) => {
  request.socket.write(dataFrame(request, ownAddresses(request).subarray(2)))
}

/** Answers under another number than it was asked with. */
export function renumbered(
  numberOf: (transaction: number) => number,
  otherwise = answerOwnAddress,
): Behaviour {
  return (request) => otherwise({ ...request, transaction: numberOf(request.transaction) })
}

export function late(ms: number, otherwise: Behaviour = answerOwnAddress): Behaviour {
  return (request) => void setTimeout(() => request.socket.destroyed || otherwise(request), ms)
}

/** Answers one request after the other, also those of earlier connections, as a converter with a slow serial device does. */
export function serially(ms: number, otherwise: Behaviour = answerOwnAddress): Behaviour {
  let freeMs = 0
  return (request) => {
    freeMs = Math.max(freeMs, performance.now()) + ms
    setTimeout(() => request.socket.destroyed || otherwise(request), freeMs - performance.now())
  }
}

/** Holds each answer back until it is asked the next time. */
export function oneBehind(): Behaviour {
  let held: ModbusRequest | undefined
  return (request) => {
    if (held?.socket === request.socket) answerOwnAddress(held)
    held = request
  }
}

/** Sends its answers byte by byte, one after the other, as converters of slow serial lines do. */
export function trickling(msPerByte: number, answerOf: (request: ModbusRequest) => Buffer): Behaviour {
  let sent = Promise.resolve()
  return (request) => {
    const answer = answerOf(request)
    sent = sent.then(async () => {
      for (const byte of answer) {
        request.socket.write(Buffer.from([byte]))
        await new Promise((resolve) => setTimeout(resolve, msPerByte))
      }
    })
  }
}

/** Sends the request back, as a line does that echoes. */
export function echoed({ transaction, unit, functionCode, start, count, socket }: ModbusRequest): void {
  const echo = Buffer.from([0, 0, 0, 0, 0, 6, unit, functionCode, 0, 0, 0, 0])
  echo.writeUInt16BE(transaction, 0)
  echo.writeUInt16BE(start, 8)
  echo.writeUInt16BE(count, 10)
  socket.write(echo)
}

/** Sends these bytes behind whatever it answers. */
export function followedBy(bytes: Buffer, otherwise: Behaviour = answerOwnAddress): Behaviour {
  return (request) => {
    otherwise(request)
    request.socket.write(bytes)
  }
}

/** Closes the connection after each answer. */
export function closingAfter(otherwise: Behaviour = answerOwnAddress): Behaviour {
  return (request) => {
    otherwise(request)
    request.socket.end()
  }
}

/** Does not hear what comes within this time after a connection was made; `greet` is for the device. */
export function deafAfterConnect(ms: number, otherwise: Behaviour = answerOwnAddress) {
  const madeMs = new WeakMap<Socket, number>()
  const greet = (socket: Socket) => void madeMs.set(socket, performance.now())
  const behaviour: Behaviour = (request) => {
    if (performance.now() - (madeMs.get(request.socket) ?? 0) >= ms) otherwise(request)
  }
  return { greet, behaviour }
}

/** Does not hear what comes within this time after it has answered. */
export function deafAfterAnswer(ms: number, otherwise: Behaviour = answerOwnAddress): Behaviour {
  let answeredMs = Number.NEGATIVE_INFINITY
  return (request) => {
    if (performance.now() - answeredMs < ms) return
    otherwise(request)
    answeredMs = performance.now()
  }
}

/** A register that is cleared by reading it. */
export function clearedByReading(register: number) {
  let value = 7
  const behaviour: Behaviour = (request) => {
    answerOwnAddress(request)
    if (touching(register)(request)) value = 0
  }
  return { behaviour, value: () => value }
}

/** An answer of Modbus RTU, without the header of Modbus TCP. The check sum is not looked at. */
export const answerRtu: Behaviour = (request) => {
  const data = ownAddresses(request)
  const head = Buffer.from([request.unit, request.functionCode, data.length])
  request.socket.write(Buffer.concat([head, data, Buffer.from([0xaa, 0x55])]))
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** This share of all requests meets one of the troubles. */
export function faulty(
  { seed, share }: { readonly seed: number; readonly share: number },
  troubles: readonly Behaviour[],
  otherwise: Behaviour = answerOwnAddress,
): Behaviour {
  const random = seeded(seed)
  return (request) => {
    const isFaulty = random() < share
    const trouble = troubles[Math.floor(random() * troubles.length)]
    if (isFaulty && trouble) trouble(request)
    else otherwise(request)
  }
}
