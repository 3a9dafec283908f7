/**
 * How many nodes one request to a server may name. A server may state a limit, or refuse too many without ever stating one,
 * or be so slow that a large request is late. So requests shrink to what it takes, down to one node, and stay at that.
 */

/** For servers that state no limit; small ones refuse more (Siemens: about 1000). */
const READ_AT_MOST = 500
/** Making an item takes some PLCs 20 ms: so many are made in 2 s. */
const MAKE_AT_MOST = 100
/** Most servers take as many. */
const BROWSE_AT_MOST = 100
/** An answer that takes longer halves the next request, before one is late. */
const SLOW_MS = 2_000
/** Slowness alone never makes requests smaller than this: the network may be slow, and not the server. */
const SLOW_AT_LEAST = 10

const TOO_LARGE =
  /BadTooManyOperations|BadTcpMessageTooLarge|Bad(?:Request|Response)TooLarge|BadEncodingLimitsExceeded|BadOutOfMemory/
const LATE = /Transaction has timed out|BadTimeout|BadRequestTimeout/

/** How one service of a server is asked. */
export interface RequestParts<Asked, Answer> {
  /** One request. Rejects with what the library or the server said. */
  readonly ask: (part: readonly Asked[]) => Promise<readonly Answer[]>
  /** The answer for a single node that the server refuses because of its size. Without it the refusal is thrown. */
  readonly alone?: (asked: Asked) => Answer
  /** Whether the server answers anything at all: what is late may also mean that it is gone. */
  readonly answers: () => Promise<boolean>
  readonly nowMs: () => number
}

/** For one service of one server. */
export class RequestSize {
  #max: number

  constructor(max: number) {
    this.#max = max
  }

  /** Takes what the server states. Anything but a number above zero means that it states nothing. */
  limitTo(stated: unknown): void {
    if (typeof stated === 'number' && stated > 0) this.#max = Math.min(this.#max, stated)
  }

  /**
   * Asks for all, in as many requests as it takes. The answers are in the order of what was asked for.
   * @throws what the library or the server said, when a single node is refused or late, or nothing is answered at all
   */
  async each<Asked, Answer>(all: readonly Asked[], asking: RequestParts<Asked, Answer>): Promise<Answer[]> {
    const answers: Answer[] = []
    const sizeBefore = this.#max
    while (answers.length < all.length) {
      const part = all.slice(answers.length, answers.length + this.#max)
      const beganMs = asking.nowMs()
      try {
        answers.push(...(await asking.ask(part)))
        this.#note(part.length, asking.nowMs() - beganMs)
      } catch (error) {
        const only = part.length === 1 ? part[0] : undefined
        if (only !== undefined && asking.alone && isTooLarge(error)) {
          // This node alone is to blame, and not the size of the requests that it was in.
          answers.push(asking.alone(only))
          this.#max = sizeBefore
        } else if (part.length > 1 && (await mayShrink(error, asking.answers))) {
          this.#max = Math.ceil(part.length / 2)
        } else {
          throw error
        }
      }
    }
    return answers
  }

  #note(size: number, tookMs: number): void {
    if (tookMs > SLOW_MS) this.#max = Math.min(this.#max, Math.max(SLOW_AT_LEAST, Math.ceil(size / 2)))
  }
}

/** What is known of one server's limits. Kept while the gateway runs, so that a limit is met only once. */
export interface RequestSizes {
  readonly read: RequestSize
  readonly make: RequestSize
  readonly browse: RequestSize
}

/** The sizes to begin with, while nothing is known of a server. */
export function unknownSizes(): RequestSizes {
  return {
    read: new RequestSize(READ_AT_MOST),
    make: new RequestSize(MAKE_AT_MOST),
    browse: new RequestSize(BROWSE_AT_MOST),
  }
}

function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.test(String(error))
}

async function mayShrink(error: unknown, answers: () => Promise<boolean>): Promise<boolean> {
  return isTooLarge(error) || (LATE.test(String(error)) && (await answers()))
}
