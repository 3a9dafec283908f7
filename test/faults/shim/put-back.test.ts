/** Somebody deletes the log while it is written to, and the process is killed, or the disk fails, while it puts the log back. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { canShim, type How, makeShim } from './shim.ts'

const LIFE = fileURLToPath(new URL('./put-back-life.ts', import.meta.url))
/** A life may have a call more or less than another. */
const NEAR = 3
/** So many calls at most follow the one by which the copy becomes whole, until it has the name of the log. */
const UNTIL_NAMED = 6
/** A life takes a second. */
const LIFE_MAX_MS = 60_000

interface Life {
  /** Whether the log was deleted, and its copy was not whole. */
  readonly isUncopied: boolean
  /** Whether the copy was whole, and had not the name of the log. */
  readonly isUnnamed: boolean
  /** Whether it ended by itself, with everything stored. */
  readonly isOver: boolean
  readonly writes: number
}

/** @param at the call at which something happens to it */
function live(folder: string, at?: number, how: How = 'kill before'): Life {
  mkdirSync(folder)
  using shim = makeShim(folder)
  if (at !== undefined) shim.plan(at, how, { error: 'EIO', span: 1 })
  const args = [...process.execArgv, LIFE, join(folder, 'outbox.db')]
  const options = { env: { ...process.env, ...shim.env }, timeout: LIFE_MAX_MS }
  const { stdout, status } = spawnSync(process.execPath, args, options)
  const left = readdirSync(folder)
  const isDeleted = stdout.toString() === 'deleted'
  const isUnnamed = left.includes('outbox.db.whole-copy')
  return {
    isUncopied: !isDeleted || !(isUnnamed || left.includes('outbox.db')),
    isUnnamed,
    isOver: status === 0,
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
  test('[B2] [C4] has all of its events as soon as its copy is whole, and goes on where the disk fails once', {
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

    // [C4] Whichever of these calls the disk refuses once, the log goes on without anybody's help.
    for (let at = whole - NEAR; at <= whole + UNTIL_NAMED; at++) {
      const folder = join(parent, `failed-${at}`)
      expect(live(folder, at, 'fail').isOver, `an error at call ${at}`).toBe(true)
      expect(await foundIn(folder), `call ${at}`).toEqual([1, 2, 3, 4])
      expect(readdirSync(folder), `call ${at}`).not.toContain('outbox.db.whole-copy')
    }
  })
})
