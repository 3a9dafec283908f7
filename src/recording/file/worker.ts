/** The thread that owns the recording's file, so that a slow disk delays no poll and no event. */
import { workerData } from 'node:worker_threads'
import { answerCalls } from '../../sqlite/answer-calls.ts'
import type { RecordingSetup } from '../messages.ts'
import { RECORDING } from './schema.ts'
import { openStore } from './store.ts'

const setup = workerData as RecordingSetup
answerCalls({ name: RECORDING, file: setup.file, open: () => openStore(setup) })
