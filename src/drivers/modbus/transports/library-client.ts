/**
 * Read requests by modbus-serial, which frames them for whatever port its client is linked to: TCP, RTU, RTU over TCP.
 * Only its functions that read are ever called.
 */
import { isBitArea } from '../address.ts'
import { malformedFault } from '../line-faults.ts'
import type { ModbusAnswer, ReadRequest } from './transport.ts'

type Library = typeof import('modbus-serial')
type LibraryClient = InstanceType<Library['default']>

/** Loads the library with the first line, and makes a new client for each: a spent one may still hold old requests. */
export async function createLibraryClient(): Promise<LibraryClient> {
  const { default: library } = await import('modbus-serial')
  return new library.default()
}

interface ClientOnLine {
  readonly client: LibraryClient
  /** For messages. */
  readonly endpoint: string
  /** What to look at when answers do not fit their requests. */
  readonly malformedHint: string
}

type AnswerCallback = (error: unknown, result: { readonly buffer: Buffer } | undefined) => void

/**
 * Sends one request. Does not settle where no answer comes.
 * @throws LineFault when the answer does not fit the request
 */
export function readWith(
  { client, endpoint, malformedHint }: ClientOnLine,
  unit: number,
  request: ReadRequest,
): Promise<ModbusAnswer> {
  const length = isBitArea(request.area) ? Math.ceil(request.count / 8) : request.count * 2
  return new Promise((resolve, reject) => {
    // Called again for a second answer to the same request, which then changes nothing.
    send(client, unit, request, (error, result) => {
      const code = exceptionCode(error)
      if (code !== undefined) resolve({ kind: 'exception', code })
      else if (result?.buffer.length === length) resolve({ kind: 'data', bytes: result.buffer })
      else reject(malformedFault(endpoint, malformedHint, error))
    })
  })
}

function send(
  client: LibraryClient,
  unit: number,
  { area, start, count }: ReadRequest,
  callback: AnswerCallback,
): void {
  if (area === 'holding') client.writeFC3(unit, start, count, callback)
  else if (area === 'input') client.writeFC4(unit, start, count, callback)
  else if (area === 'coil') client.writeFC1(unit, start, count, callback)
  else client.writeFC2(unit, start, count, callback)
}

function exceptionCode(error: unknown): number | undefined {
  return (error as { readonly modbusCode?: number } | null | undefined)?.modbusCode
}
