/** What is done to the files of a gateway while it runs: deleted, renamed, replaced by others, written to by a second gateway. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { openTestOutbox, recordingLog, storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const PARTS = ['', '-wal', '-shm']

function freshFile(): string {
  const folder = join(testFolder(), 'data')
  mkdirSync(folder)
  return join(folder, 'outbox.db')
}

/** What a gateway finds after a power cut: the files as they lie there. */
async function afterPowerCut(file: string) {
  const folder = join(testFolder(), 'copy')
  cpSync(dirname(file), folder, { recursive: true })
  return await testOutbox({ file: join(folder, 'outbox.db') })
}

it.each([
  ['all of it', PARTS],
  ['the file alone', ['']],
  ['the write-ahead log alone', ['-wal']],
  ['the index of the write-ahead log alone', ['-shm']],
])('keeps its events although somebody deletes %s while it runs', async (_what, parts) => {
  const file = freshFile()
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  await outbox.append(entry(1))
  for (const part of parts) rmSync(file + part)
  await outbox.append(entry(2))
  expect(lines.map(({ msg }) => msg).join()).toContain('was deleted or renamed while the gateway ran')

  const found = await afterPowerCut(file)
  expect(found.identity).toEqual(outbox.identity)
  expect(await storedNumbers(found)).toEqual([1, 2])
  expect(await found.verifyChain()).toBeNull()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await outbox.append(entry(3))
  expect(await storedNumbers(outbox)).toEqual([1, 2, 3])
  expect(lines.filter(({ level }) => level >= 50)).toHaveLength(1)
})

it('keeps its events although another file is put in the place of its own', async () => {
  const file = freshFile()
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  writeFileSync(`${file}.other`, 'not a log')
  writeFileSync(`${file}-wal.other`, 'not a log either')
  for (const part of ['', '-wal']) renameSync(`${file}${part}.other`, file + part)
  await outbox.append(entry(2))

  expect(await storedNumbers(await afterPowerCut(file))).toEqual([1, 2])
  const kept = readdirSync(dirname(file)).filter((name) => name.includes('.found-'))
  expect(kept.map((name) => readFileSync(join(dirname(file), name), 'utf8')).sort()).toEqual([
    'not a log',
    'not a log either',
  ])
})

it('takes the copy by which a log was being put back when the process was killed, and keeps what lies in its place', async () => {
  const file = freshFile()
  const before = await testOutbox({ file })
  await before.append(entry(1))
  await before[Symbol.asyncDispose]()
  renameSync(file, `${file}.whole-copy`)
  writeFileSync(file, 'not a log')
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual([1])
  expect(outbox.identity).toEqual(before.identity)
  expect(lines.map(({ msg }) => msg).join()).toContain('was put back as a whole; what lay there is now')
  const [kept = ''] = readdirSync(dirname(file)).filter((name) => name.includes('.found-'))
  expect(readFileSync(join(dirname(file), kept), 'utf8')).toBe('not a log')
})

it('says that its folder was renamed, waits, and goes on once it is back', async () => {
  const file = freshFile()
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  renameSync(dirname(file), `${dirname(file)}.old`)
  const second = outbox.append(entry(2))
  await expect.poll(async () => (await outbox.stats()).blocked).toContain('its folder was renamed')
  // What is stored can be delivered meanwhile.
  expect(await storedNumbers(outbox)).toEqual([1])
  await outbox.acknowledge('central', 1)

  renameSync(`${dirname(file)}.old`, dirname(file))
  await second
  expect((await outbox.stats()).blocked).toBeNull()
  expect(await storedNumbers(await afterPowerCut(file))).toEqual([1, 2])
})

it('records nothing twice where two gateways use one folder, because somebody deleted the lock', async () => {
  const file = freshFile()
  const first = await openTestOutbox({ file })
  await first.append(entry(1))
  const second = await testOutbox({ file })
  await second.append(entry(2))

  await expect(first.append(entry(2))).rejects.toThrow('another process has written to')
  await expect(first.failed).rejects.toThrow('nothing can be stored any more')
  await first[Symbol.asyncDispose]()
  await second.append(entry(3))
  expect(await storedNumbers(second)).toEqual([1, 2, 3])
  expect(await second.verifyChain()).toBeNull()
})
