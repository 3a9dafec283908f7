import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderUser, lockInstance } from '../../../src/buffer/instance-lock.ts'
import { testFolder } from '../../support/buffer.ts'
import { runMillrace } from '../../support/run-millrace.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'

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
function holder(folder: string): Promise<ChildProcess> {
  return holdBy(`
    const { lockInstance } = await import(${JSON.stringify(MODULE)})
    globalThis.lock = lockInstance(${JSON.stringify(folder)})`)
}

/** The same as earlier versions did it. */
function earlierHolder(folder: string): Promise<ChildProcess> {
  return holdBy(`
    const { default: Database } = await import(${JSON.stringify(import.meta.resolve('better-sqlite3'))})
    globalThis.lock = new Database(${JSON.stringify(join(folder, 'lock'))}, { timeout: 0 })
    globalThis.lock.exec('BEGIN EXCLUSIVE')`)
}

async function holdBy(program: string): Promise<ChildProcess> {
  const script = `${program}
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

// Fault of the catalogue: [B8]
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

describe.skipIf(!canMount)('on a disk that is really full', () => {
  it('is taken all the same, and asked for', () => {
    const { folder } = smallDisk()
    lockInstance(folder).release()
    expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(8 << 20))).toThrow('ENOSPC')
    const lock = lockInstance(folder)
    expect(folderUser(folder)).not.toBe('nobody')
    expect(() => lockInstance(folder)).toThrow('another gateway process')
    lock.release()
    expect(folderUser(folder)).toBe('nobody')
  })
})

it('writes nothing, neither into its file nor beside it', () => {
  const folder = testFolder()
  const lock = lockInstance(folder)
  expect(readdirSync(folder)).toEqual(['lock'])
  expect(statSync(join(folder, 'lock')).size).toBe(0)
  lock.release()
})

it('is not taken where an earlier version runs', async () => {
  const folder = testFolder()
  lockInstance(folder).release()
  await earlierHolder(folder)
  expect(() => lockInstance(folder)).toThrow('another gateway process')
})

it('keeps an earlier version out', async () => {
  const folder = testFolder()
  await holder(folder)
  const earlier = new Database(join(folder, 'lock'), { timeout: 0 })
  expect(() => earlier.exec('BEGIN EXCLUSIVE')).toThrow('locked')
  earlier.close()
})

it('is not kept out by somebody who only reads', () => {
  const folder = testFolder()
  lockInstance(folder).release()
  const reader = new Database(join(folder, 'lock'), { readonly: true })
  reader.exec('BEGIN; SELECT * FROM sqlite_schema')
  lockInstance(folder).release()
  reader.close()
})

it('nobody else may touch its file, also where an earlier version let them', () => {
  const folder = testFolder()
  const file = join(folder, 'lock')
  writeFileSync(file, '')
  chmodSync(file, 0o644)
  lockInstance(folder).release()
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('is taken although a failing disk wrote into its file', () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'lock'), 'x'.repeat(5_000))
  lockInstance(folder).release()
})

it('says who uses the folder, without keeping anybody out', async () => {
  const folder = testFolder()
  expect(folderUser(folder)).toBe('nobody')
  const { pid } = await holder(folder)
  expect(folderUser(folder)).toEqual({ processId: pid })
  expect(() => lockInstance(folder)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`process ${pid}`) }),
  )
})

it('touches no file that somebody has linked the lock to', () => {
  const folder = testFolder()
  const precious = join(folder, 'precious')
  writeFileSync(precious, 'keep', { mode: 0o644 })
  symlinkSync(precious, join(folder, 'lock'))
  expect(() => lockInstance(folder)).toThrow('remove the link')
  expect(readFileSync(precious, 'utf8')).toBe('keep')
  expect(statSync(precious).mode & 0o777).toBe(0o644)
})

it.runIf(process.getuid?.() === 0)('is left by a command of root’s to whoever has the data folder', () => {
  const folder = testFolder()
  chownSync(folder, 65_534, 65_534)
  lockInstance(folder).release()
  expect(statSync(join(folder, 'lock')).uid).toBe(65_534)
  // What an earlier version left behind is put right as well.
  chownSync(join(folder, 'lock'), 0, 0)
  lockInstance(folder).release()
  expect(statSync(join(folder, 'lock'))).toMatchObject({ uid: 65_534, gid: 65_534 })
})
