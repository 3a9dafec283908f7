/** Polls one Modbus unit: a reading for each poll, with the samples that changed. */
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Reading, Sample } from '../../domain/signal.ts'
import { PollTimer, phaseOf } from '../shared/poll-timer.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import { SkippedPolls } from '../shared/skipped-polls.ts'
import type { DevicePlan, ModbusDevice } from './device-plan.ts'
import { lateHint } from './line-faults.ts'
import type { UnitLink } from './link.ts'
import { PollClass } from './poll-class.ts'

const NO_SAMPLES: readonly Sample[] = []

/** What a poll brought, and the fault that ended the link in it, if one did. */
interface PollEnd {
  readonly reading: Reading | undefined
  readonly fault: unknown
}

interface PollingOptions {
  readonly device: ModbusDevice
  readonly devicePlan: DevicePlan
  readonly context: DriverContext
  readonly link: UnitLink
  readonly signal: AbortSignal
}

/** The readings of one unit. */
export class ModbusPolling implements DeviceLink {
  readonly #device: ModbusDevice
  readonly #devicePlan: DevicePlan
  readonly #context: DriverContext
  readonly #link: UnitLink
  readonly #classes: readonly PollClass[]
  readonly #skipped: SkippedPolls
  readonly #signal: AbortSignal
  readonly #close = () => this.close()
  /** The end of the last poll that reached everything. */
  #completeTo: Instant | undefined
  #isClosed = false

  /** Goes on until it is disposed or `signal` is aborted. */
  constructor({ device, devicePlan, context, link, signal }: PollingOptions) {
    this.#device = device
    this.#devicePlan = devicePlan
    this.#context = context
    this.#link = link
    this.#signal = signal
    signal.addEventListener('abort', this.#close)
    if (signal.aborted) this.close()
    const { signals, settings } = device
    const values = { changes: new SignalChanges(signals), signals, wordOrder: settings.wordOrder }
    const shared = { device: device.id, context, link, devicePlan, values }
    const nowMs = context.now().monoMs
    this.#classes = devicePlan.classes.map(({ intervalMs, plan }) => {
      return new PollClass(new PollTimer(intervalMs, phaseOf(device.id), nowMs), plan, shared)
    })
    this.#skipped = new SkippedPolls(device.id, context)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Reading> {
    try {
      while (true) {
        const end = await this.#pollDue()
        if (end?.reading) yield end.reading
        if (end?.fault) throw end.fault
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

  /** Undefined when no poll was due (a timer may fire a little early). */
  async #pollDue(): Promise<PollEnd | undefined> {
    const began = this.#context.now()
    const due = this.#classes.filter(({ timer }) => timer.take(began.monoMs))
    if (due.length === 0) return undefined
    this.#skipped.began(due, began.monoMs)
    try {
      for (const pollClass of due) await pollClass.poll(began.monoMs)
    } catch (fault) {
      return { reading: this.#brokenOff(began, fault), fault }
    }
    this.#tellLateness()
    return { reading: this.#complete(), fault: undefined }
  }

  /** Says once of a device that is read all the same that its answers come later than its time limit. */
  #tellLateness(): void {
    const { lateMs } = this.#devicePlan.times
    if (lateMs === undefined || this.#devicePlan.isLatenessTold) return
    this.#devicePlan.isLatenessTold = true
    const { id } = this.#device
    this.#context.log.warn(
      { event: 'device-answers-late', device: id, lateMs: Math.round(lateMs) },
      `${id}: ${lateHint(lateMs)}`,
    )
  }

  #complete(): Reading {
    const at = this.#context.now()
    this.#completeTo = at
    this.#skipped.ended(at.monoMs)
    const samples = this.#changed(at)
    return { at, completeTo: at, samples }
  }

  /** What a poll had read before the link was lost: nothing, if nothing was answered. */
  #brokenOff(began: Instant, fault: unknown): Reading | undefined {
    const at = this.#link.answeredAt
    if (!at || at.monoMs < began.monoMs || this.#isClosed) return undefined
    // In the first reading every signal has a sample, so what was not reached is bad there.
    const isFirst = this.#completeTo === undefined
    const why = fault instanceof Error ? fault.message : 'not read'
    const samples = this.#changed(at, isFirst ? () => why : undefined)
    return { at, completeTo: this.#completeTo ?? at, samples }
  }

  #changed(at: Instant, unread?: () => string): readonly Sample[] {
    const samples: Sample[] = []
    for (const pollClass of this.#classes) pollClass.tell(at, samples, unread)
    return samples.length === 0 ? NO_SAMPLES : samples
  }

  #nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { timer } of this.#classes) nextMs = Math.min(nextMs, timer.dueMs)
    return nextMs
  }
}
