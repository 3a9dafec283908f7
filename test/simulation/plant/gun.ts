/** A scanner and the person who holds it: scans label after label, each once, and takes note of every beep. */
import { z } from 'zod'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { ScannerTransport, ScannerTransports } from '../../../src/domain/scanner.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { openByteLink } from '../../../src/scanners/byte-link.ts'
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'

/** The bytes by which the station's map lets it beep. */
export const GOOD_BEEP = 0x06
const PATIENCE_MS = 3_000
const TRIGGER_MS = 150
const MAX_PAUSE_MS = 15_000

/** A label that was scanned. */
interface Scanned {
  readonly data: string
  /** Whether its bytes went into an open port. */
  isSent: boolean
  beep: 'good' | 'bad' | undefined
}

/** What the port calls in the process that holds it open. */
type Send = (bytes: Uint8Array, afterMs?: number) => void

export class Gun {
  readonly scans: Scanned[] = []
  isPlugged = true
  isNoisy = false
  readonly #random: Random
  readonly #time: VirtualTime
  #send: Send | undefined
  #lose: ((fault: LinkLost) => void) | undefined
  /** Sent over the port that is open, and not answered yet: answers come in the order of the scans. */
  #unanswered: (Scanned | undefined)[] = []
  #scannedAt = Number.NEGATIVE_INFINITY
  #isHeld = false

  constructor(random: Random, time: VirtualTime) {
    this.#random = random
    this.#time = time
    this.#live()
  }

  unplug(): void {
    this.isPlugged = false
    this.#lose?.(new LinkLost('the scanner was unplugged'))
    this.#send = undefined
  }

  plug(): void {
    this.isPlugged = true
  }

  hold(): void {
    this.#isHeld = true
  }

  /** The process that held the port open is gone. */
  released(): void {
    this.#send = undefined
  }

  /** The transports of one process. */
  transports(clock: Pick<Clock, 'after'>): ScannerTransports {
    const transport: ScannerTransport = {
      key: 'tcp',
      settings: z.unknown(),
      connect: (scanner, context, signal) =>
        openByteLink(
          async ({ events }) => {
            if (!this.isPlugged) throw new LinkLost('the scanner is not there')
            this.#unanswered = []
            const underWay: Uint8Array[] = []
            this.#send = (bytes, afterMs = 0) => {
              underWay.push(bytes)
              // Also where the process stood still, what was sent first comes first.
              clock.after(afterMs, () => events.bytes(underWay.shift() ?? Buffer.alloc(0)))
            }
            this.#lose = (fault) => void clock.after(0, () => events.lost(fault))
            return {
              where: 'the bench',
              send: async (bytes) => this.#beeped(bytes),
              hold: () => {},
              close: async () => {
                this.#send = undefined
              },
            }
          },
          scanner,
          context,
          signal,
        ),
    }
    return { all: [transport], [Symbol.asyncDispose]: async () => {} }
  }

  #beeped(bytes: Uint8Array): void {
    const asked = this.#unanswered.shift()
    if (asked) asked.beep = bytes[0] === GOOD_BEEP ? 'good' : 'bad'
  }

  #live(): void {
    const pauseMs = this.#random.chance(0.4)
      ? this.#random.between(200, 1_500)
      : this.#random.between(2_000, MAX_PAUSE_MS)
    this.#time.after(pauseMs, () => {
      if (this.#isHeld) return
      const before = this.scans.at(-1)
      // Whoever hears no beep waits a little, and goes on with the next label.
      if (!before || before.beep !== undefined || !before.isSent) this.#scan()
      else this.#time.after(PATIENCE_MS, () => !this.#isHeld && this.#scan())
      this.#live()
    })
  }

  #scan(): void {
    // Nobody pulls the trigger quicker.
    if (this.#time.now().monoMs - this.#scannedAt < TRIGGER_MS) return
    this.#scannedAt = this.#time.now().monoMs
    const send = this.#send
    const scanned: Scanned = { data: `LBL-${this.scans.length + 1}`, isSent: send !== undefined, beep: undefined }
    this.scans.push(scanned)
    if (!send) return
    if (this.isNoisy && this.#random.chance(0.5)) this.#noise(send)
    this.#unanswered.push(scanned)
    const bytes = Buffer.from(`${scanned.data}\r`)
    const cut = this.#random.between(0, bytes.length)
    send(bytes.subarray(0, cut), 1)
    send(bytes.subarray(cut), this.#random.between(2, 40))
  }

  /** A short one is taken for a scan and answered; one without end is thrown away. */
  #noise(send: Send): void {
    const isShort = this.#random.chance(0.5)
    if (isShort) this.#unanswered.push(undefined)
    send(Buffer.concat([Buffer.alloc(isShort ? 3 : 70_000, 0xff), Buffer.from('\r')]))
  }
}
