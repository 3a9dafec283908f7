/**
 * A barcode scanner in the hands of an operator: plays a script on a cable, and writes down what it sent, and which beep it got
 * for that and when. It never looks at what a beep means.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom } from '../random.ts'
import type { TruthLog } from '../truth.ts'
import type { ScannerCable } from './cable.ts'
import { type PlayedStep, type ScannerStep, scannerScript } from './script.ts'

/** An operator waits for the beep before the next scan, and goes on without it after this time. */
const BEEP_MAX_MS = 2_000

interface ScannerOptions {
  /** The code of the scanner, as the gateway's map has it. */
  readonly name: string
  readonly cable: ScannerCable
  /** What it is set to send after each code. */
  readonly suffix?: string
  readonly beepMaxMs?: number
  readonly truth?: TruthLog
  /** For noise. */
  readonly seed?: number
}

/** What came back from the gateway. */
interface Beep {
  readonly bytes: Buffer
  /** The number of the scan that it followed, from 0; -1 where it came before any. */
  readonly scan: number
  /** From the last byte of that scan to the first byte of the beep. */
  readonly afterMs: number
}

/** What it sent. */
interface SentScan {
  readonly code: string
  /** Whether somebody was known to be there to take it. */
  readonly isTaken: boolean
}

export class SimulatedScanner implements AsyncDisposable {
  readonly name: string
  readonly cable: ScannerCable
  readonly sent: SentScan[] = []
  readonly beeps: Beep[] = []
  readonly #suffix: string
  readonly #beepMaxMs: number
  readonly #truth: TruthLog | undefined
  readonly #random: () => number
  #sentAtMs = 0
  #wake: (() => void) | undefined

  constructor({ name, cable, suffix = '\r', beepMaxMs = BEEP_MAX_MS, truth, seed = 1 }: ScannerOptions) {
    this.name = name
    this.cable = cable
    this.#suffix = suffix
    this.#beepMaxMs = beepMaxMs
    this.#truth = truth
    this.#random = seededRandom(seed, name)
    cable.onHeard((bytes) => this.#hear(bytes))
  }

  /** Plays steps one after the other. After each scan it waits for the beep, though not for ever. */
  async play(script: readonly ScannerStep[], signal?: AbortSignal): Promise<void> {
    for (const step of scannerScript.parse(script)) {
      if (signal?.aborted) return
      await this.#do(step)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cable[Symbol.asyncDispose]()
  }

  async #do(step: PlayedStep): Promise<void> {
    if ('scan' in step) return await this.#scan([step.scan])
    if ('badge' in step) return await this.#scan([step.badge], { isBadge: true })
    if ('together' in step) return await this.#scan(step.together)
    if ('split' in step) return await this.#scan([step.split], { parts: step.into, gapMs: step.gap })
    if ('garbage' in step) return await this.cable.send(this.#noise(step.garbage))
    if ('pause' in step) return await wait(step.pause)
    if ('double' in step) {
      await this.#scan([step.double])
      await wait(step.gap)
      return await this.#scan([step.double])
    }
    await this.cable.unplug()
    await wait(step.unplug)
    await this.cable.plugIn()
  }

  async #scan(
    codes: readonly string[],
    { isBadge = false, parts = 1, gapMs = 0 }: Partial<Sending> = {},
  ): Promise<void> {
    const heardBefore = this.beeps.length
    for (const code of codes) {
      this.sent.push({ code, isTaken: this.cable.isTaken })
      this.#truth?.write({ ...this.#now(), ...(isBadge ? { event: 'badge' } : { event: 'scan', code }) })
    }
    const bytes = Buffer.from(codes.map((code) => `${code}${this.#suffix}`).join(''), 'latin1')
    for (const [index, packet] of packetsOf(bytes, parts).entries()) {
      if (index > 0) await wait(gapMs)
      this.#sentAtMs = performance.now()
      await this.cable.send(packet)
    }
    await this.#heard(heardBefore + codes.length)
  }

  #hear(bytes: Buffer): void {
    const afterMs = performance.now() - this.#sentAtMs
    this.beeps.push({ bytes, scan: this.sent.length - 1, afterMs })
    this.#truth?.write({ ...this.#now(), event: 'beep', bytes: bytes.toString('hex') })
    this.#wake?.()
  }

  /** Resolves once there are so many beeps, or after the longest that an operator waits. */
  async #heard(count: number): Promise<void> {
    const late = AbortSignal.timeout(this.#beepMaxMs)
    while (this.beeps.length < count && !late.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        late.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  #now(): { readonly at: string; readonly scanner: string } {
    return { at: new Date().toISOString(), scanner: this.name }
  }

  /** Bytes of all kinds but those that end a scan. */
  #noise(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => 0x80 + Math.floor(this.#random() * 0x80)))
  }
}

interface Sending {
  readonly isBadge: boolean
  readonly parts: number
  readonly gapMs: number
}

/** The same bytes in so many packets of about one size. */
function packetsOf(bytes: Buffer, parts: number): readonly Buffer[] {
  const size = Math.ceil(bytes.length / parts)
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size)
  return starts.map((start) => bytes.subarray(start, start + size))
}
