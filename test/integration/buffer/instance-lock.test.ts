import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { testFolder } from '../../support/buffer.ts'

const MODULE = new URL('../../../src/buffer/instance-lock.ts', import.meta.url).href

/** A process that holds the folder until it is killed. */
async function holder(folder: string): Promise<ChildProcess> {
  const script = `
    const { lockInstance } = await import(${JSON.stringify(MODULE)})
    globalThis.lock = lockInstance(${JSON.stringify(folder)})
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

it('keeps a second process off the folder, and says what to do', async () => {
  const folder = testFolder()
  await holder(folder)
  expect(() => lockInstance(folder)).toThrow(
    expect.objectContaining({
      name: 'InstanceLocked',
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('stop the other one'),
    }),
  )
})

it('is free again once its process was killed', async () => {
  const folder = testFolder()
  const child = await holder(folder)
  child.kill('SIGKILL')
  await once(child, 'exit')
  lockInstance(folder).release()
})

it('can be taken again after it was released, and holds within one process too', () => {
  const folder = testFolder()
  const first = lockInstance(folder)
  expect(() => lockInstance(folder)).toThrow('another gateway process')
  first.release()
  lockInstance(folder).release()
})
