/** Somebody deletes the log while it is written to, and the process is killed while it puts the log back. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { canShim, makeShim } from './shim.ts'

const LIFE = fileURLToPath(new URL('./put-back-life.ts', import.meta.url))
/** A life may have a call more or less than another. */
const NEAR = 3

interface Life {
  /** Whether the log was deleted, and its copy was not whole. */
  readonly isUncopied: boolean
  /** Whether the copy was whole, and had not the name of the log. */
  readonly isUnnamed: boolean
  readonly writes: number
}

/** @param at the call before which it is killed */
function live(folder: string, at?: number): Life {
  mkdirSync(folder)
  using shim = makeShim(folder)
  if (at !== undefined) shim.plan(at, 'kill before')
  const args = [...process.execArgv, LIFE, join(folder, 'outbox.db')]
  const { stdout } = spawnSync(process.execPath, args, { env: { ...process.env, ...shim.env } })
  const left = readdirSync(folder)
  const isDeleted = stdout.toString() === 'deleted'
  const isUnnamed = left.includes('outbox.db.whole-copy')
  return {
    isUncopied: !isDeleted || !(isUnnamed || left.includes('outbox.db')),
    isUnnamed,
    writes: shim.writes,
  }
}

/** The events that are found after it. */
async function foundIn(folder: string): Promise<readonly number[]> {
  const outbox = await testOutbox({ file: join(folder, 'outbox.db') })
  const numbers = await storedNumbers(outbox)
  await outbox[Symbol.asyncDispose]()
  return numbers
}

describe.skipIf(!canShim)('a log that is put back (where a C compiler is installed)', () => {
  test('[B2] has all of its events as soon as its copy is whole, also before the copy has its name', {
    timeout: 600_000,
  }, async () => {
    const parent = testFolder()
    let unnamed = 0
    /** Whether the copy was whole by then. */
    async function isWholeAt(at: number): Promise<boolean> {
      const folder = join(parent, `killed-${readdirSync(parent).length}`)
      const { isUncopied, isUnnamed } = live(folder, at)
      if (isUncopied) return false
      expect((await foundIn(folder)).slice(0, 3), `call ${at}`).toEqual([1, 2, 3])
      if (isUnnamed) unnamed += 1
      return true
    }
    // Halving finds the call by which the copy becomes whole.
    let [uncopied, whole] = [0, live(join(parent, 'whole')).writes]
    while (whole - uncopied > 1) {
      const middle = Math.floor((uncopied + whole) / 2)
      if (await isWholeAt(middle)) whole = middle
      else uncopied = middle
    }
    for (let at = whole - NEAR; at <= whole + NEAR && unnamed === 0; at++) await isWholeAt(at)
    expect(unnamed).toBeGreaterThan(0)
  })
})
