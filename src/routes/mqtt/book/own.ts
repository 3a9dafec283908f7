/** How the thread that owns a feed's book opens it. */
import type { OwnFile } from '../../../sqlite/files-thread/owned-file.ts'
import { FEED_BOOK, openBook } from './book.ts'
import type { BookSetup } from './messages.ts'

export const own: OwnFile<BookSetup> = ({ file }) => ({ name: FEED_BOOK, file, open: () => openBook(file) })
