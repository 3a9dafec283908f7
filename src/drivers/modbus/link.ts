/**
 * One TCP connection to one Modbus device, with exactly one request in flight.
 *
 * After any timeout or malformed answer the connection is dropped, so that a late answer can never be taken for the
 * answer to another request. It only reads: no function that writes is ever sent.
 */
import { Socket } from 'node:net'
import modbusSerial from 'modbus-serial'
import type { Device } from '../../domain/device.ts'
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { type Area, isBitArea } from './address.ts'
import {
  connectFault,
  type Endpoint,
  gatewayFault,
  malformedFault,
  resetFault,
  timeoutFault,
} from './link-faults.ts'
import type { ModbusSettings } from './settings.ts'

const ModbusRTU = modbusSerial.default

/** How long making contact may take; the retries are the collector's. */
const CONNECT_TIMEOUT_MS = 3_000
/** The system then notices by itself that the other end has gone. */
const KEEP_ALIVE_MS = 10_000

export type Answer =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'exception'; readonly code: number }

interface Request {
  readonly resolve: (answer: Answer) => void
  readonly reject: (fault: LinkLost) => void
  readonly cancelTimeout: () => void
}

type AnswerCallback = (error: unknown, result: { readonly buffer: Buffer } | undefined) => void

export class ModbusLink {
  readonly #socket: Socket
  readonly #client: InstanceType<typeof ModbusRTU>
  readonly #endpoint: Endpoint
  readonly #context: DriverContext
  #request: Request | undefined
  #interrupt: ((fault: LinkLost) => void) | undefined
  #fault: LinkLost | undefined

  private constructor(socket: Socket, endpoint: Endpoint, context: DriverContext) {
    this.#socket = socket
    this.#endpoint = endpoint
    this.#context = context
    // A new client each time: a spent one may still hold requests of the connection before.
    this.#client = new ModbusRTU()
    this.#client.on('error', (error) => this.drop(resetFault(endpoint, error)))
    socket.on('error', (error) => this.drop(resetFault(endpoint, error)))
    socket.on('close', () => this.drop(resetFault(endpoint, undefined)))
  }

  /** @throws LinkLost */
  static async open(
    device: Device<ModbusSettings>,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<ModbusLink> {
    const endpoint = { device: device.id, settings: device.settings }
    const socket = await connectSocket(endpoint, context, signal)
    const link = new ModbusLink(socket, endpoint, context)
    await link.#client.linkTCP(socket, { port: endpoint.settings.port })
    return link
  }

  /**
   * Reads registers or bits. One call at a time.
   * @throws LinkLost when there is no answer in time, a malformed one, or no connection any more
   */
  read(area: Area, start: number, count: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#fault) {
        reject(this.#fault)
        return
      }
      const { timeoutMs } = this.#endpoint.settings
      const cancelTimeout = this.#context.after(timeoutMs, () => this.drop(timeoutFault(this.#endpoint)))
      const request = { resolve, reject, cancelTimeout }
      this.#request = request
      const bytes = isBitArea(area) ? Math.ceil(count / 8) : count * 2
      this.#send(area, start, count, (error, result) => {
        // A second answer to a request that is over: nobody asked for it.
        if (this.#request === request) this.#answered(request, bytes, error, result)
      })
    })
  }

  /**
   * Waits between requests.
   * @throws LinkLost as soon as the connection is lost
   */
  idle(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#fault) {
        reject(this.#fault)
        return
      }
      // Timers count whole milliseconds and drop the rest.
      const cancel = this.#context.after(Math.max(1, Math.ceil(ms)), resolve)
      this.#interrupt = (fault) => {
        cancel()
        reject(fault)
      }
    })
  }

  /** Ends the connection; whatever waits on it gets this fault. Only the first one counts. */
  drop(fault: LinkLost): LinkLost {
    if (this.#fault) return this.#fault
    this.#fault = fault
    this.#socket.destroy()
    const request = this.#request
    this.#request = undefined
    request?.cancelTimeout()
    request?.reject(fault)
    this.#interrupt?.(fault)
    return fault
  }

  /** Ends the connection because a gateway answers that its device does not. */
  dropForGateway(code: number): LinkLost {
    return this.drop(gatewayFault(this.#endpoint, code))
  }

  #send(area: Area, start: number, count: number, callback: AnswerCallback): void {
    const { unit } = this.#endpoint.settings
    if (area === 'holding') this.#client.writeFC3(unit, start, count, callback)
    else if (area === 'input') this.#client.writeFC4(unit, start, count, callback)
    else if (area === 'coil') this.#client.writeFC1(unit, start, count, callback)
    else this.#client.writeFC2(unit, start, count, callback)
  }

  #answered(
    request: Request,
    bytes: number,
    error: unknown,
    result: { readonly buffer: Buffer } | undefined,
  ) {
    const code = exceptionCode(error)
    if (code === undefined && result?.buffer.length !== bytes) {
      this.drop(malformedFault(this.#endpoint, error))
      return
    }
    this.#request = undefined
    request.cancelTimeout()
    if (code !== undefined) request.resolve({ kind: 'exception', code })
    else if (result) request.resolve({ kind: 'data', bytes: result.buffer })
  }
}

function exceptionCode(error: unknown): number | undefined {
  return (error as { readonly modbusCode?: number } | null | undefined)?.modbusCode
}

/** A socket of our own, since the library leaks the one of a failed connect. */
function connectSocket(endpoint: Endpoint, context: DriverContext, signal: AbortSignal): Promise<Socket> {
  const { host, port } = endpoint.settings
  return new Promise((resolve, reject) => {
    const socket = new Socket()
    const finish = (fault?: LinkLost) => {
      cancelTimeout()
      signal.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
      if (!fault) return resolve(socket)
      socket.destroy()
      socket.on('error', () => {}) // Told already: what comes after the end of a failed attempt changes nothing.
      reject(fault)
    }
    const onError = (error: Error) => finish(connectFault(endpoint, error))
    const onAbort = () => finish(new LinkLost(`${endpoint.device}: stopped while connecting`))
    const cancelTimeout = context.after(CONNECT_TIMEOUT_MS, () => finish(connectFault(endpoint, undefined)))
    signal.addEventListener('abort', onAbort)
    socket.on('error', onError)
    socket.once('connect', () => finish())
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).connect(port, host)
    if (signal.aborted) onAbort()
  })
}
