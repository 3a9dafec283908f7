/** `buffer adopt` on a disk that somebody else has filled. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BufferSite, bufferSite, pressBefore, upload } from '../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { canMount, smallDisk, succeeds } from '../support/small-disk.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)

describe.skipIf(!canMount)('buffer adopt on a full disk', () => {
  let central: TestCentral

  beforeAll(async () => {
    central = await startTestCentral()
  })
  afterAll(() => central[Symbol.asyncDispose]())
  beforeEach(() =>
    central.sql(
      'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
    ),
  )

  async function live(site: BufferSite, fromMs: number): Promise<string> {
    await using outbox = await site.open()
    const machine = await pressBefore(outbox, fromMs, `boot-${fromMs}`)
    for (const state of ['run', 'idle', 'fault', 'run']) await machine.show(state, 60)
    return await upload(outbox, central)
  }

  /** A gateway whose log was replaced, on a disk without a byte to spare. */
  async function fencedSite(size: string, reserveBytes = 0) {
    const disk = smallDisk(size)
    const site = bufferSite(central, disk.folder)
    await live(site, START_MS)
    for (const part of ['', '-wal', '-shm'])
      rmSync(join(site.dataFolder, `outbox.db${part}`), { force: true })
    expect(await live(site, START_MS + 180_000)).toBe('fenced')
    if (reserveBytes > 0)
      writeFileSync(join(site.dataFolder, 'outbox.db.reserve'), Buffer.alloc(reserveBytes))
    succeeds('dd', 'if=/dev/zero', `of=${join(disk.folder, 'filling')}`, 'bs=4k')
    return { disk, site }
  }

  // Fault of the catalogue: [C3]
  test('works in the space of the reserve', async () => {
    const { site } = await fencedSite('12m', 4 * 1024 * 1024)
    const { code, err } = await site.run('adopt', '--yes')
    expect(code).toBe(0)
    expect(err).toContain('the reserve of')
  })

  test('ends, and says that the disk is full, where it can write nothing; then it works in what was freed', async () => {
    const { disk, site } = await fencedSite('4m')
    const { code, out, err } = await site.run('adopt', '--yes')
    expect(code).toBe(1)
    expect(err + out).toMatch(/disk is full|no space left/)
    expect(err).not.toMatch(/^ {4}at /m)
    disk.grow()
    expect((await site.run('adopt', '--yes')).code).toBe(0)
  })
})
