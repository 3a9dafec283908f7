/** A thread of files: owns files in SQLite, and does nothing but answer calls to them. */
import { parentPort } from 'node:worker_threads'
import { cutBuffersFromSmallPieces } from '../../runtime/memory.ts'
import { serveFiles } from './serve-files.ts'

cutBuffersFromSmallPieces()
if (parentPort) serveFiles(parentPort)
