/** Machines that go on while a backlog drains: when each of their changes is in the local log, and when in central. */
import { setTimeout as wait } from 'node:timers/promises'
import { type LogReader, openLogReader } from '../../../src/buffer/log-reader.ts'
import type { DaemonSite } from '../daemon.ts'

/** Each change ends an interval and begins one: an event a second of each machine. */
const CHANGE_EVERY_MS = 2_000
const LOOK_EVERY_MS = 50

interface LiveEvent {
  readonly seq: number
  /** When the machine was seen to change, ms since 1970. */
  readonly atMs: number
  readonly storedAfterMs: number
  landedAfterMs: number | undefined
}

/** Changes all machines of a site in turn, until it is disposed of. */
export class LiveMachines implements AsyncDisposable {
  readonly events: LiveEvent[] = []
  readonly #site: DaemonSite
  readonly #log: LogReader
  readonly #end = new AbortController()
  readonly #running: Promise<void>
  #seen: number

  /** @param afterSeq the last event of the backlog */
  constructor(site: DaemonSite, file: string, afterSeq: number) {
    this.#site = site
    this.#log = openLogReader(file)
    this.#seen = afterSeq
    this.#running = this.#run()
  }

  /** Notes that central has everything up to an event. */
  landed(seq: number): void {
    const nowMs = Date.now()
    for (const event of this.events) {
      if (event.seq <= seq) event.landedAfterMs ??= nowMs - event.atMs
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#running
    this.#log[Symbol.dispose]()
  }

  async #run(): Promise<void> {
    let changedMs = performance.now()
    for (let isRunning = true; !this.#end.signal.aborted; await wait(LOOK_EVERY_MS)) {
      this.#look()
      if (performance.now() - changedMs < CHANGE_EVERY_MS) continue
      changedMs += CHANGE_EVERY_MS
      isRunning = !isRunning
      this.#site.show(isRunning ? 'running' : 'idle')
    }
  }

  #look(): void {
    if (this.#log.kept().last <= this.#seen) return
    for (const { events } of this.#log.readablePages(this.#seen)) {
      const nowMs = Date.now()
      for (const { seq, event } of events) {
        this.#seen = Math.max(this.#seen, seq)
        if (event.kind !== 'status.opened') continue
        const atMs = Date.parse(event.at)
        this.events.push({ seq, atMs, storedAfterMs: nowMs - atMs, landedAfterMs: undefined })
      }
    }
  }
}
