/** What the threads of a real gateway prepare while it is at work: a statement takes memory that is given back late, or never. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestCentral } from '../support/central.ts'
import { daemonSite, EVENTUALLY_MS, untilRow } from './daemon.ts'

/** At two a second, the thread of the recording bounds its file some fifteen times meanwhile. */
const ROWS = 40
/** Each file of the data folder is opened once, with the same questions. */
const FILES = 12

test('the threads of a gateway that goes on working prepare nothing again and again', {
  timeout: 4 * EVENTUALLY_MS,
}, async () => {
  await using central = await startTestCentral()
  await using site = await daemonSite(central)
  const file = join(site.folder, 'prepared')
  const preload = new URL('../support/note-prepares.ts', import.meta.url).href
  const daemon = site.start({ PREPARED_FILE: file }, [`--import=${preload}`])
  await daemon.running()
  for (let row = 1; row <= ROWS; row += 1) {
    const status = row % 2 === 1 ? 'running' : 'idle'
    site.show(status)
    await untilRow(central, row, status)
  }
  await daemon.stop()

  const times = new Map<string, number>()
  for (const text of readFileSync(file, 'utf8').split('\n').filter(Boolean))
    times.set(text, (times.get(text) ?? 0) + 1)
  expect(times.size).toBeGreaterThan(FILES)
  expect([...times].filter(([, count]) => count > FILES)).toEqual([])
})
