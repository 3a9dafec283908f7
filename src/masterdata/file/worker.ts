/** The thread that owns the copy's file, so that a slow disk delays no poll and no other scan. */
import { workerData } from 'node:worker_threads'
import { answerCalls } from '../../sqlite/answer-calls.ts'
import type { CopySetup } from '../messages.ts'
import { MASTERDATA, openCopy } from './copy.ts'

const { file, whose } = workerData as CopySetup
answerCalls({ name: MASTERDATA, file, open: () => openCopy(file, whose) })
