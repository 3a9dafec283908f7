import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { testFolder } from '../../support/buffer.ts'
import { runMillrace } from '../../support/run-millrace.ts'

const MODULE = new URL('../../../src/buffer/instance-lock.ts', import.meta.url).href

const GATEWAY = `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: { url: postgres://gateway@127.0.0.1:1/postgres, tls: off }
`

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

it('makes a second run end with its remedy and without a stack', async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'gateway.yaml'), GATEWAY)
  await holder(join(folder, 'data'))
  const finished = await runMillrace(['run', '--config', 'gateway.yaml'], {
    cwd: folder,
    env: { MILLRACE_CENTRAL_PASSWORD: 'not asked for' },
  })
  expect(finished.code).toBe(1)
  expect(finished.err).toContain('another gateway process is using')
  expect(finished.err).toContain('stop the other one first')
  expect(finished.err).not.toMatch(/^ +at /m)
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

it('says which folder it cannot use, and what to check', () => {
  const file = join(testFolder(), 'data')
  writeFileSync(file, 'a file where the folder should be')
  expect(() => lockInstance(file)).toThrow(
    expect.objectContaining({ code: 'lock-cannot-open', hint: expect.stringContaining('folder') }),
  )
})
