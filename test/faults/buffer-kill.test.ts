import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'

const APPENDER = fileURLToPath(new URL('../support/append-forever.ts', import.meta.url))
const KILLS = 25
/** Every fifth life ends while it starts. */
const EARLY_KILL_EVERY = 5
const START_MAX_MS = 400
/** The others end a moment after so many answers. */
const ANSWERS_MAX = 500

// Fault of the catalogue: [B1]
it('loses nothing that was answered, however often the process is killed', { timeout: 180_000 }, async () => {
  const file = join(testFolder(), 'outbox.db')
  let answered = 0
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const isEarly = kill % EARLY_KILL_EVERY === 0
    answered = Math.max(answered, await (isEarly ? killWhileStarting(file) : killWhileAppending(file)))
    await expectWhole(file, answered)
  }
  expect(answered).toBeGreaterThan(KILLS)
})

function startAppending(file: string): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, APPENDER, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** @returns the highest number that was answered */
async function killWhileAppending(file: string): Promise<number> {
  const child = startAppending(file)
  const answersBefore = randomInt(1, ANSWERS_MAX)
  let answers = 0
  let highest = 0
  for await (const line of createInterface({ input: child.stdout ?? ([] as never) })) {
    answers += 1
    highest = Math.max(highest, Number(line))
    if (answers === answersBefore) child.kill('SIGKILL')
  }
  return highest
}

async function killWhileStarting(file: string): Promise<number> {
  const child = startAppending(file)
  child.stdout?.resume()
  await wait(randomInt(START_MAX_MS))
  child.kill('SIGKILL')
  await once(child, 'close')
  return 0
}

async function expectWhole(file: string, answered: number): Promise<void> {
  const outbox = await testOutbox({ file })
  const { seq } = await outbox.tail()
  expect(seq).toBeGreaterThanOrEqual(answered)
  expect(await storedNumbers(outbox)).toEqual(Array.from({ length: seq }, (_, index) => index + 1))
  expect(await outbox.states()).toEqual(seq === 0 ? {} : { 'machine:PRESS-04': { count: seq } })
  expect(await outbox.verifyChain()).toBeNull()
  await outbox[Symbol.asyncDispose]()
}
