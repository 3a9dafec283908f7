/** The thread that owns a feed's book, so that a slow disk delays no poll. */
import { workerData } from 'node:worker_threads'
import { answerCalls } from '../../../sqlite/answer-calls.ts'
import { FEED_BOOK, openBook } from './book.ts'
import type { BookSetup } from './messages.ts'

const { file } = workerData as BookSetup
answerCalls({ name: FEED_BOOK, file, open: () => openBook(file) })
