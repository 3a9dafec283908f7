/** The book of a feed: what a restart goes by, and what becomes of one that is lost or damaged. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { recordingLog, testFolder, testOutbox } from '../../support/buffer.ts'
import { opened } from '../../support/central-events.ts'
import { listen, startFeed } from '../../support/feed.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

/** A feed that has published three events and ended, and what its listener heard. */
async function feedBefore(name: string) {
  const version = broker.versions.includes(5) ? 5 : 4
  const listener = await listen(broker.url, { version, clientId: name, filter: `+/${name}/#` })
  const folder = testFolder()
  const outbox = await testOutbox({ consumers: [{ name: 'feed', must: 'deliver' }] })
  const keys = { topic: { site: name }, client_id: `feed-${name}` }
  const { log, lines } = recordingLog()
  const start = () => startFeed(broker.url, { outbox, folder, keys, log })
  const feed = await start()
  await feed.store([1, 2, 3].map((number) => opened({ reason: `E-${number}` })))
  await feed.untilEmpty()
  await feed.stop()
  await listener.until((heard) => heard.some(({ said }) => said?.state === 'offline'))
  const spoken = () => listener.heard.filter(({ topic }) => topic.includes('/event/'))
  return { listener, folder, start, spoken, lines, book: join(folder, 'routes', 'feed.db') }
}

function reasonsOf(heard: ReturnType<Awaited<ReturnType<typeof feedBefore>>['spoken']>) {
  return heard.map(({ said }) => said?.reason)
}

describe('a feed that begins again', () => {
  it('goes on where its book says it was', async () => {
    const { start, spoken, listener } = await feedBefore('GOES-ON')
    const again = await start()
    await again.store([opened({ reason: 'E-4' })])
    await again.untilEmpty()
    await listener.until(() => spoken().length >= 4)
    expect(reasonsOf(spoken())).toEqual(['E-1', 'E-2', 'E-3', 'E-4'])
  })

  it('publishes what the log keeps once more where the book is lost: as history, with the same ids', async () => {
    const { start, spoken, listener, book } = await feedBefore('LOST')
    for (const ending of ['', '-wal', '-shm']) rmSync(`${book}${ending}`, { force: true })
    const again = await start()
    await again.untilEmpty()
    await listener.until(() => spoken().length === 6)
    const [first, second] = [spoken().slice(0, 3), spoken().slice(3)]
    expect(second.map(({ said }) => said?.id)).toEqual(first.map(({ said }) => said?.id))
    expect(second.every(({ said }) => said?.historical === true)).toBe(true)
  })

  it('sets a damaged book aside, says so once, and does likewise', async () => {
    const { start, spoken, listener, book, lines } = await feedBefore('DAMAGED')
    for (const ending of ['-wal', '-shm']) rmSync(`${book}${ending}`, { force: true })
    writeFileSync(book, 'no SQLite file at all '.repeat(500))
    const again = await start()
    await again.untilEmpty()
    await listener.until(() => spoken().length === 6)
    expect(reasonsOf(spoken()).slice(3)).toEqual(['E-1', 'E-2', 'E-3'])
    expect(existsSync(`${book}.damaged`)).toBe(true)
    await again.stop()
    await (await start()).untilEmpty()
    // Once, and not again with the next start.
    expect(lines.filter(({ msg }) => msg.includes('the book of this feed was damaged'))).toMatchObject([
      { damaged: `${book}.damaged` },
    ])
  })

  it('publishes what another log keeps, where its book is of the log before that one', async () => {
    const { folder, listener, spoken } = await feedBefore('ANOTHER')
    const keys = { topic: { site: 'ANOTHER' }, client_id: 'feed-ANOTHER' }
    const other = await startFeed(broker.url, { folder, keys })
    await other.store([opened({ reason: 'of another log' })])
    await other.untilEmpty()
    await listener.until(() => spoken().length === 4)
    expect(reasonsOf(spoken())).toEqual(['E-1', 'E-2', 'E-3', 'of another log'])
  })
})
