/** The process is killed while a release comes into force: the old one is there or the new one, whole. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { currentRelease } from '../../../src/releases/release-folder.ts'
import { testFolder } from '../../support/buffer.ts'
import { numbersInForce, wholeRelease } from '../../support/release-of-many.ts'

const INSTALLER = fileURLToPath(new URL('../../support/install-and-die.ts', import.meta.url))
const [OLD, NEW] = [40_101, 40_202]

function install(dataFolder: string, register: number, step?: string) {
  const args = [...process.execArgv, INSTALLER, dataFolder, String(register), ...(step ? [step] : [])]
  return spawn(process.execPath, args, { stdio: 'ignore' })
}

async function installed(dataFolder: string, register: number, step?: string): Promise<unknown> {
  const [code, signal] = await once(install(dataFolder, register, step), 'exit')
  return signal ?? code
}

test.for([
  ['written', OLD],
  ['judged', OLD],
  ['noted', OLD],
  ['named', OLD],
  ['linked', OLD],
  ['in force', NEW],
  ['swept', NEW],
] as const)('killed once its files are %s', { timeout: 120_000 }, async ([step, after]) => {
  const dataFolder = testFolder()
  expect(await installed(dataFolder, OLD)).toBe(0)
  expect(await installed(dataFolder, NEW, step)).toBe('SIGKILL')
  expect(numbersInForce(dataFolder)).toEqual(wholeRelease(after))
  expect(currentRelease(dataFolder)?.counter).toBe(after)
  // The next look takes it as if nothing had happened, and nothing is left lying about.
  expect(await installed(dataFolder, NEW)).toBe(0)
  expect(numbersInForce(dataFolder)).toEqual(wholeRelease(NEW))
  expect(readdirSync(join(dataFolder, 'releases')).sort()).toEqual(['current', `git-${OLD}`, `git-${NEW}`])
})

test('killed at the very first one, it leaves none or the whole', { timeout: 120_000 }, async () => {
  const dataFolder = testFolder()
  expect(await installed(dataFolder, NEW, 'linked')).toBe('SIGKILL')
  expect(currentRelease(dataFolder)).toBeUndefined()
  expect(await installed(dataFolder, NEW)).toBe(0)
  expect(numbersInForce(dataFolder)).toEqual(wholeRelease(NEW))
})

test('killed at any moment', { timeout: 120_000 }, async () => {
  const dataFolder = testFolder()
  await installed(dataFolder, OLD)
  for (let round = 0; round < 10; round++) {
    const register = NEW + round
    const child = install(dataFolder, register)
    const ended = once(child, 'exit')
    await Promise.race([ended, wait(100 + round * 30)])
    child.kill('SIGKILL')
    await ended
    const { numbers, maps } = numbersInForce(dataFolder)
    expect(numbers).toHaveLength(1)
    expect(maps).toBe(wholeRelease(register).maps)
    expect(currentRelease(dataFolder)?.counter).toBe(numbers[0])
  }
})
