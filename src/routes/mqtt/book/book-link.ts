/** The main thread's end of the line to a feed's book, which has a thread of its own. */
import { DestinationError } from '../../../domain/errors.ts'
import { threadFile } from '../../../runtime/open-calls.ts'
import type { ThreadFault } from '../../../runtime/thread-link.ts'
import { FileLink, filesThread } from '../../../sqlite/files-thread/file-link.ts'
import type { BookCalls, BookSetup } from './messages.ts'

/** The code of whatever is wrong with the file of a book. */
const BOOK_FAULT = 'feed-book'

/** Its calls throw a DestinationError `wait` for what the other thread could not do. */
export class BookLink extends FileLink<BookCalls, BookSetup> {
  constructor(setup: BookSetup) {
    const [thread, module] = [filesThread('feed book'), threadFile(import.meta.url, './own')]
    super({ thread, module, setup, owned: 'the book of the feed', errorOf: bookError })
  }
}

function bookError({ message, hint }: ThreadFault): DestinationError {
  return new DestinationError(BOOK_FAULT, message, {
    refusal: 'wait',
    ...(hint === undefined ? {} : { hint }),
  })
}
