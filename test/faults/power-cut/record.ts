/** Records a life: with strace, where it is installed and allowed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { utcText } from '../../../src/domain/instant.ts'
import { scratchFolder } from '../scratch-folder.ts'
import type { Recording } from './recording.ts'
import { stepsOf, TRACED_CALLS } from './strace.ts'

const LIFE = fileURLToPath(new URL('./life.ts', import.meta.url))
/** Longer than any write of ours: strace is to print all of it. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024

/** Whether a program can be recorded here. */
export function canRecord(): boolean {
  return spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', process.execPath, '--version']).status === 0
}

/** @throws where the life itself failed */
export function record(rounds: number): Recording {
  const folder = scratchFolder()
  try {
    return recordIn(folder, rounds)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function recordIn(folder: string, rounds: number): Recording {
  const [dataFolder, marksFile, trace] = ['data', 'marks', 'trace'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(dataFolder)
  const strace = ['-f', '-y', '-xx', '-s', String(TEXT_BYTES_MAX), '-o', trace]
  const calls = ['-e', `trace=${TRACED_CALLS.join(',')}`]
  const life = [process.execPath, ...process.execArgv, LIFE, dataFolder, marksFile, String(rounds)]
  execFileSync('strace', [...strace, ...calls, ...life], { stdio: ['ignore', 'ignore', 'inherit'] })
  const steps = [...stepsOf(readFileSync(trace, 'latin1').split('\n'), { dataFolder, marksFile })]
  return { madeAt: utcText(Date.now()), schema: schemaOf(join(dataFolder, 'outbox.db')), steps }
}

function schemaOf(file: string): number {
  const db = new Database(file, { readonly: true })
  const schema = db.pragma('user_version', { simple: true }) as number
  db.close()
  return schema
}
