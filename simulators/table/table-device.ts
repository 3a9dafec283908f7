/** A Modbus TCP device that is nothing but a table: registers as a manual prints them, with the words that stand in them. */
import { serveModbus } from '../press/modbus-server.ts'
import type { TableSpec } from './table.ts'
import { isRefusal, tableAnswers } from './table-answers.ts'

interface TableDevice extends AsyncDisposable {
  readonly port: number
  readonly requests: () => number
  /** How many of them it refused. */
  readonly refusals: () => number
}

/** Listens on a free port of 127.0.0.1. */
export async function startTableDevice(spec: TableSpec): Promise<TableDevice> {
  const answerTo = tableAnswers(spec)
  let [requests, refusals] = [0, 0]
  const server = await serveModbus((unit, pdu) => {
    if (unit !== spec.unit) return undefined
    requests += 1
    const answer = answerTo(pdu)
    if (isRefusal(answer)) refusals += 1
    return answer
  })
  return {
    port: server.port,
    requests: () => requests,
    refusals: () => refusals,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
