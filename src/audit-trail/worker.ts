/** The thread that owns the audit trail, so that a slow disk delays no poll. */
import { workerData } from 'node:worker_threads'
import { answerCalls } from '../sqlite/answer-calls.ts'
import type { TrailSetup } from './messages.ts'
import { openTrail, TRAIL } from './trail-file.ts'

const { file } = workerData as TrailSetup
answerCalls({ name: TRAIL, file, open: () => openTrail(file, { isOwner: true }) })
