/**
 * A thin layer between a program and its disk and clock, compiled from shim.c where there is a C compiler: the program ends, or gets an
 * error, at the Nth call that changes its disk; syncs or reads wait; the wall clock is set. All of it may be changed while the program runs.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeeds } from '../../support/small-disk.ts'

const SOURCE = fileURLToPath(new URL('./shim.c', import.meta.url))

/** Whether this computer can make one. Debian: `apt install gcc libc6-dev`. */
export const canShim = process.platform === 'linux' && succeeds('gcc', '--version')

/** The fields of `struct control` in shim.c, each of 8 bytes. */
const FIELDS = [
  'writes',
  'reads',
  'at',
  'how',
  'error',
  'span',
  'hold',
  'held',
  'clockMs',
  'holdReads',
  'heldReads',
] as const
const FIELD_BYTES = 8

type Field = (typeof FIELDS)[number]

/** What happens at a call, as numbered in shim.c. */
const HOW = { 'kill before': 1, 'kill torn': 2, 'kill after': 3, fail: 4, 'fail reads': 5 } as const

export type How = keyof typeof HOW

/** What calls fail with, and how many of them. */
export interface Failure {
  readonly error: 'ENOSPC' | 'EIO' | 'EROFS' | 'EMFILE'
  readonly span: number
}

export interface Shim extends Disposable {
  /** For the program's environment. */
  readonly env: Readonly<Record<string, string>>
  /** Calls so far that changed the disk, and that read from it. */
  readonly writes: number
  readonly reads: number
  /** Syncs that have waited. */
  readonly held: number
  /** @param at the number of the call, counted from 1 since the program's start; for `fail`, `span` calls from there on get the error */
  plan(at: number, how: How, failure?: Failure): void
  /** Nothing happens any more. */
  heal(): void
  /** While it is true, no sync of the program returns. */
  holdSyncs(isHeld: boolean): void
  /** While it is true, no read of the program returns. */
  holdReads(isHeld: boolean): void
  /** Reads that have waited. */
  readonly heldReads: number
  /** How far the program's wall clock is off, in ms. Its monotonic clock is left alone. */
  setClock(offMs: number): void
}

let compiled: string | undefined

/** One for all programs that this process starts; it goes with the process. */
function library(): string {
  if (compiled !== undefined) return compiled
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shim-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  compiled = join(folder, 'shim.so')
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', compiled, SOURCE, '-ldl'])
  return compiled
}

/** @param dataFolder calls on files below it count, and no others */
export function makeShim(dataFolder: string): Shim {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shim-'))
  const file = join(folder, 'control')
  writeFileSync(file, Buffer.alloc(FIELDS.length * FIELD_BYTES))
  const control = openSync(file, 'r+')
  const placeOf = (field: Field) => FIELDS.indexOf(field) * FIELD_BYTES
  const get = (field: Field) => {
    const bytes = Buffer.alloc(FIELD_BYTES)
    readSync(control, bytes, 0, FIELD_BYTES, placeOf(field))
    return Number(bytes.readBigInt64LE())
  }
  const set = (field: Field, value: number) => {
    const bytes = Buffer.alloc(FIELD_BYTES)
    bytes.writeBigInt64LE(BigInt(value))
    writeSync(control, bytes, 0, FIELD_BYTES, placeOf(field))
  }
  return {
    env: { LD_PRELOAD: library(), FAULT_CONTROL: file, FAULT_FOLDER: dataFolder },
    get writes() {
      return get('writes')
    },
    get reads() {
      return get('reads')
    },
    get held() {
      return get('held')
    },
    plan: (at, how, failure) => {
      // What it happens at comes last: the program looks at it first.
      set('at', 0)
      set('writes', 0)
      set('reads', 0)
      set('how', HOW[how])
      set('error', failure ? constants.errno[failure.error] : 0)
      set('span', failure?.span ?? 1)
      set('at', at)
    },
    heal: () => set('at', 0),
    holdSyncs: (isHeld) => set('hold', isHeld ? 1 : 0),
    holdReads: (isHeld) => set('holdReads', isHeld ? 1 : 0),
    get heldReads() {
      return get('heldReads')
    },
    setClock: (offMs) => set('clockMs', offMs),
    [Symbol.dispose]: () => {
      closeSync(control)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
