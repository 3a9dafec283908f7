/** A thread that says which machines are recorded, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../domain/errors.ts'
import { openRecording } from '../../recording/read-recording.ts'
import type { RecordedMachine } from './recorded.ts'

function answer(): readonly RecordedMachine[] {
  try {
    using recording = openRecording(String(workerData))
    return recording.machines().map(({ machine, fromMs }) => [machine, fromMs] as const)
  } catch (error) {
    if (error instanceof StoreError) return []
    throw error
  }
}

parentPort?.postMessage(answer())
