import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { watchFolders } from '../../../src/runtime/watch-folders.ts'
import { SOUND_MAP, soundFolder } from '../../support/broken-config.ts'

let cwd: string
let stop: AbortController
let watching: Promise<void>
let changes: number

beforeEach(() => {
  cwd = soundFolder()
  stop = new AbortController()
  changes = 0
  writeFileSync(join(cwd, 'devices/a.yaml'), SOUND_MAP)
  const onChange = () => {
    changes += 1
  }
  const often = { clock: systemClock, settleMs: 20, pollMs: 100 }
  watching = watchFolders([join(cwd, 'devices'), join(cwd, 'devices/profiles')], onChange, stop.signal, often)
})
afterEach(async () => {
  stop.abort()
  await watching
  rmSync(cwd, { recursive: true })
})

async function changed(times: number): Promise<void> {
  await vi.waitFor(() => expect(changes).toBe(times), { timeout: 60_000 })
}

describe('watching folders', () => {
  it('notices a table of codes beside them that is written anew', async () => {
    writeFileSync(join(cwd, 'devices/codes.csv'), 'fault;code\n1;jam\n')
    await changed(1)
    writeFileSync(join(cwd, 'devices/codes.csv'), 'fault;code\n1;torn\n')
    await changed(2)
  })

  it('notices a file that is written, replaced, added or taken away', async () => {
    const file = join(cwd, 'devices/a.yaml')
    writeFileSync(file, 'machine: A\n')
    await changed(1)
    writeFileSync(join(cwd, 'b.yaml'), 'machine: B\n')
    renameSync(join(cwd, 'b.yaml'), file)
    await changed(2)
    rmSync(file)
    await changed(3)
  })

  it('notices that the folder went away and came back', async () => {
    renameSync(join(cwd, 'devices'), join(cwd, 'away'))
    await changed(1)
    renameSync(join(cwd, 'away'), join(cwd, 'devices'))
    await changed(2)
    utimesSync(join(cwd, 'devices/a.yaml'), 1, 1)
    await changed(3)
  })

  it.each([
    ['a link that leads in a circle', (link: string) => symlinkSync('odd.yaml', link)],
    ['a link that leads nowhere', (link: string) => symlinkSync('missing', link)],
    ['a link through a file', (link: string) => symlinkSync('a.yaml/inside.yaml', link)],
    ['a link with a name that no file can have', (link: string) => symlinkSync('x'.repeat(300), link)],
    ['a named pipe', (pipe: string) => void execFileSync('mkfifo', [pipe])],
  ])('notices changes beside %s', async (_, put) => {
    put(join(cwd, 'devices/odd.yaml'))
    await changed(1)
    writeFileSync(join(cwd, 'devices/a.yaml'), 'machine: A\n')
    await changed(2)
    rmSync(join(cwd, 'devices/odd.yaml'))
    await changed(3)
  })
})
