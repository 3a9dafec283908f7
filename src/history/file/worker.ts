/** The thread that owns the history's file and reads the log beside the one that writes it: no poll and no commit waits for it. */
import { workerData } from 'node:worker_threads'
import { answerCalls } from '../../sqlite/answer-calls.ts'
import type { HistoryFiles } from '../messages.ts'
import { HISTORY, openHistory } from './history-file.ts'

const files = workerData as HistoryFiles
answerCalls({ name: HISTORY, file: files.file, open: () => openHistory(files) })
