/** A scanner whose port is driven by hand: what it brings, when it is lost, and which bytes it was sent. */
import { LinkLost } from '../../src/domain/errors.ts'
import type {
  RawScan,
  Scanner,
  ScannerItem,
  ScannerLink,
  ScannerTransport,
} from '../../src/domain/scanner.ts'

export interface PaperScanner {
  readonly transport: ScannerTransport
  readonly port: Scanner
  /** Brings something, in order. */
  bring(item: ScannerItem): void
  /** The port is lost; the next one opens at once. `code`: of the fault. */
  lose(code?: string): void
  /** For each port that was opened: the bytes that it was sent. */
  readonly sent: readonly (readonly string[])[]
  /** Items that were taken so far. */
  readonly taken: number
  /** In place of what a port does with the bytes of an answer. */
  sending: () => Promise<void>
}

const OPENED = { kind: 'opened', where: '/dev/ttyACM0' } as const

/** @param items queued for each port until it is lost */
class PaperPort {
  readonly #queue: ScannerItem[] = [OPENED]
  readonly #signal: AbortSignal
  #wake = Promise.withResolvers<void>()
  #fault: LinkLost | undefined
  taken = 0

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true })
  }

  bring(item: ScannerItem): void {
    this.#queue.push(item)
    this.#wake.resolve()
  }

  lose(code?: string): void {
    this.#fault = new LinkLost('ST-12: unplugged', { hint: 'plug it in', ...(code && { code }) })
    this.#wake.resolve()
  }

  async *items(): AsyncGenerator<ScannerItem> {
    while (!this.#signal.aborted) {
      const next = this.#queue.shift()
      if (next) {
        this.taken += 1
        yield next
        continue
      }
      if (this.#fault) throw this.#fault
      await this.#wake.promise
      this.#wake = Promise.withResolvers()
    }
  }
}

export function paperScanner(): PaperScanner {
  const ports: PaperPort[] = []
  const sent: string[][] = []
  const scanner: PaperScanner = {
    transport: {
      key: 'paper',
      settings: undefined as never,
      connect: async (_scanner, _context, signal): Promise<ScannerLink> => {
        const port = new PaperPort(signal)
        const bytesOfPort: string[] = []
        ports.push(port)
        sent.push(bytesOfPort)
        return {
          [Symbol.asyncIterator]: () => port.items(),
          [Symbol.asyncDispose]: async () => undefined,
          acknowledge: async (bytes) => {
            await scanner.sending()
            bytesOfPort.push(Buffer.from(bytes).toString())
          },
        }
      },
    },
    port: {
      id: 'ST-12',
      subject: 'station:ST-12',
      transport: 'paper',
      settings: {},
      framing: { suffix: 'CR' },
    },
    bring: (item) => ports.at(-1)?.bring(item),
    lose: (code) => ports.at(-1)?.lose(code),
    sent,
    get taken() {
      return ports.reduce((sum, { taken }) => sum + taken, 0)
    },
    sending: async () => undefined,
  }
  return scanner
}

/** A scan that came at this moment. */
export function rawScan(code: string, at: RawScan['at']): RawScan {
  return { kind: 'scan', bytes: Buffer.from(code), aimId: null, at }
}
