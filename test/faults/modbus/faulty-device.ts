/**
 * A Modbus device of which some answers are late, come twice, are not whole, or carry another number, unit or function. Each register
 * holds its own address, so that a value tells whether it is the one that was asked for, and counts the requests, so that no
 * two answers are the same.
 */
import type { Delivery, LineRequest, Medium } from '../../support/virtual-line.ts'
import type { Random } from '../faults.ts'

const FAULTS = ['late', 'twice', 'truncated', 'other'] as const
type Fault = (typeof FAULTS)[number]

/** How long a healthy answer takes. */
const ANSWER_MS = { min: 4, max: 12 }
/** A late answer comes up to so many times later than the time limit. */
const LATE_MAX = 1.9
/** The second of two equal answers comes at once, or up to this much later. */
const AGAIN_MAX_MS = 60
/** So many faulty answers have a second fault. */
const TWO_FAULTS = 0.1
const COUNT_MASK = 0xff

interface FaultyDeviceOptions {
  readonly medium: Medium
  readonly random: Random
  /** Which part of the answers is faulty. */
  readonly faulty: number
  readonly timeoutMs: number
}

export class FaultyDevice {
  readonly #options: FaultyDeviceOptions
  /** How many answers had each fault. */
  readonly faults = new Map<Fault, number>()
  asked = 0

  constructor(options: FaultyDeviceOptions) {
    this.#options = options
  }

  respond(request: LineRequest): readonly Delivery[] {
    const { random, faulty } = this.#options
    this.asked++
    const good = {
      afterMs: between(ANSWER_MS.min, ANSWER_MS.max, random),
      unit: request.unit,
      pdu: this.#pdu(request),
    }
    if (random() >= faulty) return [good]
    const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'late'
    const first = this.#with(fault, [good])
    // What is late and says that it belongs to the request which is under way by then cannot be known by anybody.
    if (fault === 'other' || random() >= TWO_FAULTS) return first
    return this.#with(fault === 'twice' ? 'late' : 'twice', first)
  }

  #with(fault: Fault, deliveries: readonly Delivery[]): readonly Delivery[] {
    const { random, timeoutMs } = this.#options
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
    if (fault === 'late') {
      const afterMs = between(0.2, LATE_MAX, random) * timeoutMs
      return deliveries.map((delivery) => ({ ...delivery, afterMs: Math.max(delivery.afterMs, afterMs) }))
    }
    if (fault === 'twice') {
      const againMs = random() < 0.5 ? 0 : random() * AGAIN_MAX_MS
      return deliveries.flatMap((one) => [one, { ...one, afterMs: one.afterMs + againMs }])
    }
    if (fault === 'truncated') {
      const part = random()
      return deliveries.map((one) => ({ ...one, cutTo: (length: number) => Math.floor(part * length) }))
    }
    return deliveries.map((one) => this.#asOther(one))
  }

  /** As another request, unit or function would be answered. */
  #asOther(one: Delivery): Delivery {
    const { medium, random } = this.#options
    const off = random() < 0.5 ? 10 : 30_000
    if (medium === 'tcp') return { ...one, numberOff: Math.floor(between(-off, off, random)) || 1 }
    if (random() < 0.5) return { ...one, unit: 1 + ((one.unit + Math.floor(random() * 245)) % 247) }
    const pdu = Buffer.from(one.pdu)
    pdu[0] = 1 + ((one.pdu.readUInt8(0) + Math.floor(random() * 3)) % 4)
    return { ...one, pdu }
  }

  #pdu({ functionCode, start, count }: LineRequest): Buffer {
    const pdu = Buffer.alloc(2 + count * 2)
    pdu.writeUInt8(functionCode, 0)
    pdu.writeUInt8(count * 2, 1)
    for (let nth = 0; nth < count; nth++) pdu.writeUInt16BE(valueAt(start + nth, this.asked), 2 + nth * 2)
    return pdu
  }
}

function valueAt(address: number, nth: number): number {
  return (address << 8) | (nth & COUNT_MASK)
}

/** The address that a value tells. */
export function addressIn(value: number): number {
  return value >> 8
}

function between(min: number, max: number, random: Random): number {
  return min + random() * (max - min)
}
