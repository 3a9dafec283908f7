/** The main thread's end of the line to the thread that owns a feed's book. */
import { Worker } from 'node:worker_threads'
import { DestinationError } from '../../../domain/errors.ts'
import { threadFile } from '../../../runtime/open-calls.ts'
import { type ThreadFault, ThreadLink } from '../../../runtime/thread-link.ts'
import type { BookCalls, BookSetup } from './messages.ts'

/** The code of whatever is wrong with the file of a book. */
const BOOK_FAULT = 'feed-book'

/** Its calls throw a DestinationError `wait` for what the other thread could not do. */
export class BookLink extends ThreadLink<BookCalls> {
  constructor(setup: BookSetup) {
    const file = threadFile(import.meta.url, './worker')
    const start = () => new Worker(file, { workerData: setup, name: 'feed book' })
    super({ owned: 'the book of the feed', start, errorOf: bookError })
  }
}

function bookError({ message, hint }: ThreadFault): DestinationError {
  return new DestinationError(BOOK_FAULT, message, {
    refusal: 'wait',
    ...(hint === undefined ? {} : { hint }),
  })
}
