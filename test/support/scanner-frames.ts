/** A framer whose clock stands still unless a test moves it, and what came out of it. */
import type { Discarded, RawScan, Suffix } from '../../src/domain/scanner.ts'
import { Framer } from '../../src/scanners/framing/framer.ts'

export interface FramingBench {
  readonly framer: Framer
  /** Scans and counts of discarded bytes, in order. */
  readonly out: (string | number)[]
  readonly items: (RawScan | Discarded)[]
  take(text: string): void
  /** So much time passes without a byte. */
  pause(ms: number): void
  /** The process stands still for so long. Then timers that are over come first, and what waits at the port is read behind them. */
  standStill(ms: number, waiting: string): void
}

export function framingBench(suffix: Suffix, prefix = ''): FramingBench {
  let nowMs = 1_000
  let timer: { readonly atMs: number; readonly callback: () => void } | undefined
  const items: (RawScan | Discarded)[] = []
  const out: (string | number)[] = []
  const clock = {
    now: () => ({ boot: 'boot', wallMs: nowMs, monoMs: nowMs }),
    after: (ms: number, callback: () => void) => {
      const own = { atMs: nowMs + ms, callback }
      timer = own
      return () => {
        if (timer === own) timer = undefined
      }
    },
  }
  const ringUntil = (untilMs: number, atMs: (dueMs: number) => number) => {
    for (let due = timer; due && due.atMs <= untilMs; due = timer) {
      timer = undefined
      nowMs = atMs(due.atMs)
      due.callback()
    }
  }
  const take = (text: string) => framer.take(Buffer.from(text, 'latin1'))
  const framer = new Framer({
    suffix,
    prefix,
    clock,
    out: (item) => {
      items.push(item)
      out.push(item.kind === 'scan' ? Buffer.from(item.bytes).toString('latin1') : item.count)
    },
  })
  return {
    framer,
    out,
    items,
    take,
    pause: (ms) => {
      const untilMs = nowMs + ms
      ringUntil(untilMs, (dueMs) => dueMs)
      nowMs = untilMs
    },
    standStill: (ms, waiting) => {
      nowMs += ms
      ringUntil(nowMs, () => nowMs)
      take(waiting)
    },
  }
}
