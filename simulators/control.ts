/**
 * The simulators' remote control, over HTTP on 127.0.0.1:
 *
 *   GET  /machines                 where each machine and each scanner answers
 *   GET  /counters                 requests, writeRequests, polls and connections of each machine
 *   POST /day/start                begins the day
 *   POST /day/hold                 ends it; answers when every machine has reached its last state
 *   POST /machines/CODE/faults     {"fault": "drop", "for_ms": 5000, "delay_ms": 500}; answers when it is in force
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { Line } from './line.ts'
import { portOf } from './port-of.ts'
import { FAULTS } from './scenario.ts'
import { portNotOpened } from './simulation-error.ts'

const faultCommand = z.strictObject({
  fault: z.enum(FAULTS),
  for_ms: z.number().positive(),
  delay_ms: z.number().nonnegative().default(500),
})

/** Whoever may start programs here may also break machines; nobody else may. */
const HOST = '127.0.0.1'

interface Answer {
  readonly status: number
  readonly body: unknown
}

interface Control extends AsyncDisposable {
  readonly url: string
}

/** @throws SimulationError where its port cannot be opened */
export async function serveControl(line: Line, port: number): Promise<Control> {
  const server = createServer((request, response) => {
    void respond(line, request).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, { status: 500, body: { error: String(error) } }),
    )
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, HOST, listening)
  }).catch((cause: unknown) => {
    throw portNotOpened('the remote control', { host: HOST, port, key: '--control-port' }, cause)
  })
  return {
    url: `http://${HOST}:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(line: Line, request: IncomingMessage): Promise<Answer> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /machines':
      return ok({ machines: line.machines, scanners: line.scanners })
    case 'GET /counters':
      return ok(line.counters())
    case 'POST /day/start':
      line.startDay()
      return ok({ started: true, at: new Date().toISOString() })
    case 'POST /day/hold':
      await line.hold()
      return ok({ held: true, at: new Date().toISOString() })
    default:
      return await beginFault(line, request)
  }
}

async function beginFault(line: Line, request: IncomingMessage): Promise<Answer> {
  const [, code] = /^\/machines\/([^/]+)\/faults$/.exec(request.url ?? '') ?? []
  if (request.method !== 'POST' || code === undefined) return notFound(`${request.method} ${request.url}`)
  const command = faultCommand.safeParse(parseJson(await text(request)))
  if (!command.success) return { status: 400, body: { error: z.prettifyError(command.error) } }
  const machine = decodeURIComponent(code)
  const { fault, for_ms: forMs, delay_ms: delayMs } = command.data
  const begun = await line.beginFault(machine, { fault, forMs, delayMs })
  return begun ? ok({ begun: true, machine, ...command.data }) : notFound(`machine ${machine}`)
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // What is no JSON is refused by the caller like JSON of the wrong shape.
    return undefined
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function notFound(what: string): Answer {
  return { status: 404, body: { error: `there is no ${what}; docs/simulators.md lists what there is` } }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}
