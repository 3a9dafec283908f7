/** Records a life and keeps it in the repository: `npm run faults -- --record`. */
import { statSync } from 'node:fs'
import { KEPT_FILE, KEPT_ROUNDS } from './kept.ts'
import { record } from './record.ts'
import { keepRecording } from './recording.ts'

const recording = record(KEPT_ROUNDS)
keepRecording(KEPT_FILE, recording)
console.log(`${recording.steps.length} steps, schema ${recording.schema}, ${statSync(KEPT_FILE).size} bytes`)
