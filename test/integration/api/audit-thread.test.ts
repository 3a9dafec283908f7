/** The thread that compares the log with central: what comes of a log, and of a central, that cannot be asked, and how it is ended. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AuditedSides, auditInThread } from '../../../src/audit/thread/audit-thread.ts'
import type { Progress } from '../../../src/audit/thread/messages.ts'
import { DestinationError } from '../../../src/domain/errors.ts'
import type { Ledger } from '../../../src/routes/mes/ledger.ts'
import { CENTRAL, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const NOT_ENDED = new AbortController().signal

/** Central without a row, and whether somebody is connected to it. */
function emptyCentral(): { readonly ledger: Ledger; readonly isOpen: () => boolean } {
  let isOpen = true
  const none = () => Promise.resolve([])
  const ledger: Ledger = {
    head: () => Promise.resolve(undefined),
    latest: () => Promise.resolve(new Map()),
    ...{ rows: none, rowsAt: none, quarantined: none, discarded: none },
    [Symbol.asyncDispose]: () => {
      isOpen = false
      return Promise.resolve()
    },
  }
  return { ledger, isOpen: () => isOpen }
}

function sidesOf(logFile: string, sides: Partial<AuditedSides> = {}): AuditedSides {
  return {
    logFile,
    openLedger: () => Promise.resolve(emptyCentral().ledger),
    routes: () => Promise.resolve([]),
    boundedly: (_, audit) => audit(NOT_ENDED),
    ...sides,
  }
}

const world = { enough: NOT_ENDED, signal: NOT_ENDED, onProgress: () => undefined }

test('says in the words of the log that there is none', async () => {
  const file = join(testFolder(), 'outbox.db')
  await expect(auditInThread(sidesOf(file), world)).rejects.toMatchObject({
    name: 'AuditFault',
    message: `there is no buffer ${file}`,
    hint: expect.stringContaining('--config'),
  })
})

/** A log of so many statuses, all of them acknowledged. */
async function logOf(count: number): Promise<string> {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  for (let number = 1; number <= count; number += 1) await outbox.append(entry(number))
  await outbox.acknowledge(CENTRAL.name, count)
  return file
}

test('says in the words of central why it cannot be asked', async () => {
  const away = new DestinationError('central-link', 'central is away', { refusal: 'wait', hint: 'wait' })
  const sides = sidesOf(await logOf(1), { openLedger: () => Promise.reject(away) })
  await expect(auditInThread(sides, world)).rejects.toMatchObject({
    message: 'central is away',
    hint: 'wait',
  })
})

test('names what central lacks, and leaves central alone afterwards', async () => {
  const { ledger, isOpen } = emptyCentral()
  const told: Progress[] = []
  const sides = sidesOf(await logOf(2_500), { openLedger: () => Promise.resolve(ledger) })
  const found = await auditInThread(sides, { ...world, onProgress: (progress) => told.push(progress) })
  expect(found).toMatchObject({
    ...{ acknowledged: 2_500, inStep: false, compared: 2_500, complete: true, chain: [], routes: [] },
    counts: { missing: 2_500 },
    missing: { from: 1, to: 2_500 },
  })
  // The page shows the first of them.
  expect(found.findings).toHaveLength(300)
  expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['rows', 'again', 'routes'])
  expect(isOpen()).toBe(false)
})

test('ends with what it has found when that is enough', async () => {
  const enough = new AbortController()
  const sides = sidesOf(await logOf(2_500))
  const found = await auditInThread(sides, {
    ...{ ...world, enough: enough.signal },
    onProgress: () => enough.abort(),
  })
  expect(found.complete).toBe(false)
  expect(found.compared).toBeLessThan(2_500)
})

test('leaves a central that does not answer when nobody waits any more', async () => {
  const stop = new AbortController()
  const { ledger, isOpen } = emptyCentral()
  const silent: Ledger = { ...ledger, head: () => new Promise(() => stop.abort(new Error('stopped'))) }
  const sides = sidesOf(await logOf(1), { openLedger: () => Promise.resolve(silent) })
  await expect(auditInThread(sides, { ...world, signal: stop.signal })).rejects.toThrow('stopped')
  expect(isOpen()).toBe(false)
})
