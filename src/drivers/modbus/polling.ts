/** Polls one Modbus unit: a reading for each poll, with the samples that changed. */
import type { Device } from '../../domain/device.ts'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { Reading, Sample } from '../../domain/signal.ts'
import { PollTimer, phaseOf } from '../shared/poll-timer.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import { SkippedPolls } from '../shared/skipped-polls.ts'
import type { ModbusAddress } from './address.ts'
import type { UnitLink } from './link.ts'
import { cellsOf } from './plan-reads.ts'
import { PollClass } from './poll-class.ts'
import type { ModbusSettings } from './settings.ts'

type ModbusDevice = Device<ModbusSettings, ModbusAddress>

const NO_SAMPLES: readonly Sample[] = []

/** The readings of one unit. */
export class ModbusPolling implements DeviceLink {
  readonly #device: ModbusDevice
  readonly #context: DriverContext
  readonly #link: UnitLink
  readonly #classes: readonly PollClass[]
  readonly #skipped: SkippedPolls
  readonly #signal: AbortSignal
  readonly #close = () => this.close()
  #isClosed = false

  /** Goes on until it is disposed or `signal` is aborted. */
  constructor(device: ModbusDevice, context: DriverContext, link: UnitLink, signal: AbortSignal) {
    this.#device = device
    this.#context = context
    this.#link = link
    this.#signal = signal
    signal.addEventListener('abort', this.#close)
    if (signal.aborted) this.close()
    this.#classes = pollClasses(device, context, link)
    this.#skipped = new SkippedPolls(device.id, context)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Reading> {
    try {
      while (true) {
        const samples = await this.#pollDue()
        if (samples) yield this.#reading(samples)
        await this.#link.idle(this.#nextDueMs() - this.#context.now().monoMs)
      }
    } catch (error) {
      if (!this.#isClosed) throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Ends the readings without an error. */
  close(): void {
    this.#isClosed = true
    this.#signal.removeEventListener('abort', this.#close)
    this.#link.drop(new LinkLost(`${this.#device.id}: closed by the gateway`))
  }

  /** The samples that changed, or undefined when no poll was due (a timer may fire a little early). */
  async #pollDue(): Promise<readonly Sample[] | undefined> {
    const samples: Sample[] = []
    const nowMs = this.#context.now().monoMs
    let polled = false
    for (const pollClass of this.#classes) {
      if (!pollClass.timer.take(nowMs)) continue
      await pollClass.poll(nowMs, samples)
      this.#skipped.note(pollClass.timer, nowMs)
      polled = true
    }
    if (!polled) return undefined
    return samples.length === 0 ? NO_SAMPLES : samples
  }

  #reading(samples: readonly Sample[]): Reading {
    const at = this.#context.now()
    return { at, completeTo: at, samples }
  }

  #nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { timer } of this.#classes) nextMs = Math.min(nextMs, timer.dueMs)
    return nextMs
  }
}

function pollClasses(device: ModbusDevice, context: DriverContext, link: UnitLink): PollClass[] {
  const shared = {
    link,
    changes: new SignalChanges(device.signals),
    signals: device.signals,
    wordOrder: device.settings.wordOrder,
    now: () => context.now(),
  }
  const byInterval = Map.groupBy(cellsOf(device.signals), ({ index }) => {
    return device.signals[index]?.pollMs ?? device.pollMs
  })
  const nowMs = context.now().monoMs
  return [...byInterval].map(([intervalMs, cells]) => {
    return new PollClass(new PollTimer(intervalMs, phaseOf(device.id), nowMs), cells, shared)
  })
}
