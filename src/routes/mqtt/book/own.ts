/** How the thread that owns a feed's book opens it. */
import type { OwnFile } from '../../../sqlite/files-thread/owned-file.ts'
import { bookFile, openBook } from './book.ts'
import type { BookSetup } from './messages.ts'

export const own: OwnFile<BookSetup> = ({ file }) => ({ ...bookFile(file), open: () => openBook(file) })
