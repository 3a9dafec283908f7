/** Real buffers in folders of their own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type BufferOutbox, openOutbox } from '../../src/buffer/outbox.ts'
import type { OutboxOptions } from '../../src/buffer/outbox-options.ts'
import type { Consumer } from '../../src/domain/outbox.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog, type Log } from '../../src/runtime/log.ts'
import { makeDataFolder } from '../../src/runtime/private-folder.ts'
import { numberOf } from './entries.ts'

/** Longer than from 2026 to today. */
const FOR_EVER_MS = 100 * 365 * 86_400_000

/** The consumers of tests: two that must deliver, and a live feed that need not. */
export const CENTRAL: Consumer = { name: 'central', must: 'deliver' }
export const PLANT: Consumer = { name: 'plant', must: 'deliver' }
export const FEED: Consumer = { name: 'feed', must: 'best-effort' }

/** A folder that is removed after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-buffer-'))
  // A thread that was ended may still be closing its files in it.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A buffer that keeps everything, unless the options say otherwise; the caller closes it. */
export function openTestOutbox(
  options: Partial<OutboxOptions> & { readonly file: string },
): Promise<BufferOutbox> {
  // As a start does, which is the only one that makes it.
  if (!existsSync(dirname(options.file))) makeDataFolder(dirname(options.file))
  return openOutbox({
    retentionMs: FOR_EVER_MS,
    maxBytes: 1024 ** 3,
    consumers: [CENTRAL],
    bootId: 'boot',
    clock: systemClock,
    log: createLog('silent'),
    ...options,
  })
}

/** The same in a folder of its own, closed after the test. */
export async function testOutbox(options: Partial<OutboxOptions> = {}): Promise<BufferOutbox> {
  const outbox = await openTestOutbox({ ...options, file: options.file ?? join(testFolder(), 'outbox.db') })
  onTestFinished(() => outbox[Symbol.asyncDispose]())
  return outbox
}

/** The numbers that `entry` gave, in the order stored. */
export async function storedNumbers(outbox: BufferOutbox, afterSeq = 0): Promise<readonly number[]> {
  const numbers: number[] = []
  let seq = afterSeq
  for (;;) {
    const page = await outbox.read(seq, 1_000)
    for (const { event } of page) numbers.push(numberOf(event))
    const last = page.at(-1)
    if (!last) return numbers
    seq = last.seq
  }
}

export interface LoggedLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** A log whose lines can be looked at. */
export function recordingLog(onLine: (line: LoggedLine) => void = () => undefined): {
  readonly log: Log
  readonly lines: readonly LoggedLine[]
} {
  const lines: LoggedLine[] = []
  const write = (text: string) => {
    const line = JSON.parse(text) as LoggedLine
    lines.push(line)
    onLine(line)
  }
  return { log: createLog('info', { write }), lines }
}
