/** A connection to a device server that was made and closed again while the gateway stood still, as while it reads many maps at its start. */
import { expect, test } from 'vitest'
import type { Scanner, ScannerContext, ScannerLink } from '../../../src/domain/scanner.ts'
import { startAloofServer } from '../../support/aloof-server.ts'
import { codesOf, itemsUntil, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'

/** Long enough for the server to end the connection, and for the connection to have lasted. */
const STANDS_STILL_MS = 400

const transport = transportOf('tcp')

function connect(scanner: Scanner, context: ScannerContext = scannerContext()): Promise<ScannerLink> {
  return transport.connect(scanner, context, new AbortController().signal)
}

async function connectStandingStill(scanner: Scanner): Promise<unknown> {
  const connecting = connect(scanner).catch((error) => error)
  // By then the system has been asked for the connection.
  await new Promise<void>((next) => process.nextTick(next))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_STILL_MS)
  return connecting
}

test('what came over it is read with the next one, and what was cut off is not joined to that', async () => {
  await using server = await startAloofServer(['WO-1\rWO-2\rWO-', '3\rWO-4\r'])
  const scanner = scannerOf(transport, { tcp: server.address })
  expect(await connectStandingStill(scanner)).toMatchObject({ code: 'link-closed' })
  await using link = await connect(scanner)
  const items = await itemsUntil(link, (found) => codesOf(found).length === 4)
  expect(codesOf(items)).toEqual(['WO-1', 'WO-2', '3', 'WO-4'])
  expect(items).toContainEqual(expect.objectContaining({ kind: 'discarded', count: 3 }))
})

test('nothing was scanned, where the next one is ended at once as well: the server serves somebody else', async () => {
  const busy = 'Port already in use\r\n'
  await using server = await startAloofServer([busy, busy, 'WO-1\r'])
  const scanner = scannerOf(transport, { tcp: server.address })
  expect(await connectStandingStill(scanner)).toMatchObject({ code: 'link-closed' })
  // No time passes in it, however busy the computer is.
  const now = scannerContext().now()
  const warned: unknown[][] = []
  const log = { ...scannerContext().log, warn: (...words: unknown[]) => void warned.push(words) }
  const quick = await connect(scanner, { ...scannerContext(), now: () => now, log }).catch((error) => error)
  expect(quick).toMatchObject({ code: 'link-closed' })
  expect(warned).toEqual([
    [
      { event: 'scanner-bytes', scanner: scanner.id, bytes: busy.length },
      expect.stringContaining('scan it again'),
    ],
  ])
  await using link = await connect(scanner)
  expect(codesOf(await itemsUntil(link, (found) => codesOf(found).length === 1))).toEqual(['WO-1'])
})
