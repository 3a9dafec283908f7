/** Server-sent events: the newest event counts, a slow caller misses those between, and there are only so many streams. */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Connections } from './connections.ts'
import { ApiRefusal } from './refusal.ts'

const STREAMS_MAX = 40
/** A comment, so that both sides see that the other is still there. */
const HEARTBEAT = ': here\n\n'
const HEARTBEAT_EVERY_MS = 5_000
/** A caller that has taken nothing for so long is gone. */
const STUCK_AFTER_MS = 60_000

/** How many streams a console serves. */
export interface OpenStreams {
  count: number
}

interface Sending {
  readonly streams: OpenStreams
  readonly connections: Connections
  /** Whether the caller, who was let in, may still see this. */
  readonly mayStay: () => boolean
  /** Starts what is sent. @returns the way to end it */
  readonly begin: (send: (event: unknown) => void) => Disposable
}

/** Answers with a stream until the caller goes or may not stay, or the server closes. */
export function sendEvents(
  reply: FastifyReply,
  { streams, connections, mayStay, begin }: Sending,
): FastifyReply {
  if (streams.count >= STREAMS_MAX) {
    const hint = 'close pages that nobody looks at'
    throw new ApiRefusal(503, 'api-streams', `${STREAMS_MAX} pages are open already`, {
      hint,
      retryAfterS: 5,
    })
  }
  const { raw } = reply
  const events = new NewestEvent(raw)
  const source = begin((event) => events.put(event))
  streams.count += 1
  const held = connections.hold(raw.req.socket)
  reply.hijack()
  raw.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
  })
  raw.flushHeaders()
  events.flush()
  const heart = setInterval(() => {
    if (mayStay() && events.isTaken()) return void raw.write(HEARTBEAT)
    raw.destroy()
  }, HEARTBEAT_EVERY_MS)
  raw.once('close', () => {
    streams.count -= 1
    clearInterval(heart)
    held[Symbol.dispose]()
    source[Symbol.dispose]()
  })
  return reply
}

/** What one caller has still to be sent: the newest event alone. */
class NewestEvent {
  readonly #raw: ServerResponse
  #waiting: string | undefined
  #lastTakenMs = performance.now()

  constructor(raw: ServerResponse) {
    this.#raw = raw
    raw.on('drain', () => {
      this.#lastTakenMs = performance.now()
      this.flush()
    })
  }

  put(event: unknown): void {
    this.#waiting = `data: ${JSON.stringify(event)}\n\n`
    this.flush()
  }

  flush(): void {
    const { destroyed, writableNeedDrain, headersSent } = this.#raw
    if (this.#waiting === undefined || destroyed || writableNeedDrain || !headersSent) return
    this.#raw.write(this.#waiting)
    this.#waiting = undefined
  }

  /** Whether the caller takes what it is sent, if slowly. */
  isTaken(): boolean {
    if (!this.#raw.writableNeedDrain) this.#lastTakenMs = performance.now()
    return performance.now() - this.#lastTakenMs < STUCK_AFTER_MS
  }
}

function headersOf(reply: FastifyReply): Record<string, string> {
  return reply.getHeaders() as Record<string, string>
}
