/** A session on the stream of one gateway: transactions that have its row locked, and what may be done in them. */
import type { QueryResult } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import { type ClockComparison, SERVER_SECONDS } from './clock-comparison.ts'
import type { Link } from './link.ts'
import { SERVER_TEXT, type ServerIdentity, serverOf } from './server.ts'
import { waitsForStandby } from './standby.ts'
import {
  headOf,
  type Incarnation,
  type RowKey,
  type SetAsideKind,
  type Stream,
  type StreamPosition,
  type StreamRow,
} from './stream.ts'
import { reading } from './transaction.ts'

/** What a session is made of. */
interface StreamSessionParts {
  readonly link: Link
  readonly stream: Stream
  readonly clock: ClockComparison
  /** Whom the link was made to. */
  readonly server: Pick<ServerIdentity, 'systemId' | 'timeline'>
  /** The text that begins a transaction; it gives two answers. */
  readonly begin: string
}

/** What the server said besides, to the statements that travelled along. */
type Answers = readonly QueryResult[]

/** Questions to a stream, each a round trip of its own. */
interface StreamSession {
  /** Begins a transaction and locks the row of the stream. `more` are further statements without parameters. */
  beginLocked(more?: string): Promise<{ readonly head: StreamRow | undefined; readonly answers: Answers }>
  /** How far the stream has come, without locking it. */
  head(more?: string): Promise<{ readonly head: StreamRow | undefined; readonly answers: Answers }>
  /** What is set aside and not released: how many rows, and the first few kinds of them. */
  setAside(kinds: number): Promise<{ readonly count: number; readonly kinds: readonly SetAsideKind[] }>
}

const NOTHING = { count: 0, kinds: [] }
/** Of the answers to the text that begins a transaction. */
const ANSWERS_OF_BEGIN = 2

/** The session; it owns nothing of the link. */
export function createStreamSession({
  link,
  stream,
  clock,
  server,
  begin,
}: StreamSessionParts): StreamSession {
  /** Where a server says who it is, it is asked in each transaction: behind a pooler, another one may answer the next time. */
  const whoText = server.systemId === null ? '' : SERVER_TEXT
  return {
    beginLocked: async (more = '') => {
      const text = [`${begin} ${stream.headText} FOR UPDATE`, more, whoText].filter(Boolean).join('; ')
      const answers = await link.script(text).catch((error: unknown) => streamIsHeld(error, link))
      const [head, ...others] = answers.slice(ANSWERS_OF_BEGIN)
      if (whoText !== '') requireSame(server, serverOf(others.pop()?.rows[0]), link)
      return { head: stream.seen(headOf(head?.rows[0])), answers: others }
    },
    head: async (more = '') => {
      const answered = clock.ask()
      // All in one round trip: of many gateways, most ask nothing else for most of the time.
      const asked = [`SELECT ${SERVER_SECONDS} AS server_seconds`, stream.headText, more, 'ROLLBACK']
      const answers = await link.script(`${begin} ${asked.filter(Boolean).join('; ')}`)
      const [time, head, ...others] = answers.slice(ANSWERS_OF_BEGIN, -1)
      answered(time?.rows[0]?.server_seconds)
      return { head: stream.seen(headOf(head?.rows[0])), answers: others }
    },
    setAside: async (kinds) =>
      stream.hasNothingSetAside ? NOTHING : reading(link, begin, () => stream.quarantineKinds(kinds)),
  }
}

/** @throws DestinationError where another server answers than the one that was connected to */
function requireSame(
  met: StreamSessionParts['server'],
  server: ServerIdentity | undefined,
  { peer }: Link,
): void {
  if (!server || (server.systemId === met.systemId && server.timeline === met.timeline)) return
  const message = `${peer.name} at ${peer.where} is another server than a moment ago`
  throw new DestinationError(`${peer.name}-server`, message, { refusal: 'wait' })
}

/** Where the row of the stream is locked, no row of a batch is to blame. */
async function streamIsHeld(error: unknown, link: Link): Promise<never> {
  if (!(error instanceof DestinationError) || error.refusal !== 'locked') throw error
  const { code, message, sqlstate } = error
  await link.script('ROLLBACK')
  if (await waitsForStandby(link)) throw standbyIsMissing(error, link)
  throw new DestinationError(code, `another session holds the gateway's stream: ${message}`, {
    refusal: 'wait',
    sqlstate,
    cause: error,
    hint: 'it is an earlier session of this gateway that has not ended yet, or another gateway under its name',
  })
}

/** An earlier commit of this gateway has not ended, and holds the row until a standby has it too. */
function standbyIsMissing(cause: DestinationError, { peer: { name, where } }: Link): DestinationError {
  const message = `${name} at ${where} confirms no commit: it waits for a synchronous standby that does not answer`
  return new DestinationError(`${name}-standby`, message, {
    refusal: 'wait',
    sqlstate: cause.sqlstate,
    cause,
    hint: 'ask the DBA to bring that standby back, or to take it out of synchronous_standby_names; nothing is lost meanwhile',
  })
}

/** How events are kept while they are set aside. */
interface SetAsideForm<Stored, Read> {
  written(event: Stored): unknown
  read(written: unknown): Read
}

/** An event to be set aside, and why. */
interface ToSetAside<Stored> {
  readonly event: Stored
  readonly reason: string
  readonly sqlstate: string | null
}

/** The stream while its row is locked. */
export class LockedStream<Stored extends { readonly seq: number }, Read extends object> {
  readonly #head: StreamRow | undefined
  readonly #stream: Stream
  readonly #form: SetAsideForm<Stored, Read>
  #incarnation: string | undefined
  #hasSetAside: boolean

  constructor(stream: Stream, head: StreamRow | undefined, form: SetAsideForm<Stored, Read>) {
    this.#head = head
    this.#stream = stream
    this.#form = form
    this.#incarnation = head?.incarnation
    this.#hasSetAside = head?.hasSetAside ?? true
  }

  /** The incarnation, where anything of this gateway may be set aside. */
  get incarnationOfSetAside(): string | undefined {
    return this.#hasSetAside ? this.#incarnation : undefined
  }

  /** Makes the row of the stream, or takes it over for another log. */
  async begin(identity: Incarnation, at: StreamPosition): Promise<void> {
    await (this.#head ? this.#stream.adopt(identity, at) : this.#stream.begin(identity, at))
    this.#incarnation = identity.incarnation
  }

  /** Sets events aside. */
  async quarantine(refused: readonly ToSetAside<Stored>[]): Promise<void> {
    const incarnation = this.#incarnation
    if (incarnation === undefined) throw new Error('nothing can be set aside before the stream has begun')
    this.#hasSetAside = true
    await this.#stream.quarantine(
      refused.map(({ event, reason, sqlstate }) => ({
        incarnation,
        seq: event.seq,
        event: this.#form.written(event),
        reason,
        sqlstate,
      })),
    )
  }

  /** Events set aside and not released, after a key, in key order. */
  async quarantined(after: RowKey | undefined, limit: number) {
    const rows = await this.#stream.quarantinedLocked(after, limit)
    return rows.map((row) => ({ ...row, ...this.#form.read(row.event) }))
  }
}
