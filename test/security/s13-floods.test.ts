import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { portOf } from '../../simulators/port-of.ts'
import { startGatewaySite } from './parts/gateway-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** A scanner that is used as usual, and something that floods. */
interface Flooded {
  /** Scans once, and waits for the beep. @returns how long that took, in ms */
  scan(): Promise<number>
  /** Begins to send without end. */
  flood(): void
}

const SCANS = 25
/**
 * How often longer a scan may take while another port floods: both need the same processor, which is busy with much else while
 * tests run. Behind a flood on its own port it takes hundreds of times as long.
 */
const SLOWER_MAX = 15
const ENOUGH_MS = 20_000
const CHUNK = Array.from({ length: 4_000 }, (_, n) => `BOX-F-${n}\r`).join('')

async function judge({ scan, flood }: Flooded): Promise<readonly string[]> {
  const quiet = await medianOf(scan)
  flood()
  await wait(500)
  const flooded = await medianOf(scan)
  const ratio = flooded / quiet
  return ratio > SLOWER_MAX
    ? [`a scan took ${flooded.toFixed(1)} ms during the flood, ${ratio.toFixed(0)} times as long as without`]
    : []
}

async function medianOf(scan: () => Promise<number>): Promise<number> {
  const taken: number[] = []
  for (let n = 0; n < SCANS; n += 1) {
    taken.push(await scan())
    if ((taken.at(-1) ?? 0) >= ENOUGH_MS) return ENOUGH_MS
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(SCANS / 2)] ?? 0
}

/** What the gateway connects to as to a scanner. */
class Port implements AsyncDisposable {
  readonly #server: Server
  socket: Socket | undefined
  #beeps = 0

  private constructor() {
    this.#server = createServer((socket) => {
      this.socket = socket
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('data', (beeps) => {
        this.#beeps += beeps.length
      })
    })
  }

  static async open(stack: AsyncDisposableStack): Promise<Port> {
    const port = new Port()
    await new Promise<void>((listening) => port.#server.listen(0, '127.0.0.1', listening))
    return stack.use(port)
  }

  get number(): number {
    return portOf(this.#server)
  }

  /** Sends one scan, and waits until as many beeps have come as scans were sent, or for long enough. */
  async scan(code: string): Promise<number> {
    const before = this.#beeps
    const sentMs = performance.now()
    this.socket?.write(`${code}\r`)
    while (this.#beeps === before || this.#isBehind) {
      if (performance.now() - sentMs > ENOUGH_MS) return ENOUGH_MS
      await wait(1)
    }
    return performance.now() - sentMs
  }

  /** Of a port that floods the beep of a scan comes behind those of all that was sent before it. */
  get #isBehind(): boolean {
    return (this.socket?.writableLength ?? 0) > 0
  }

  flood(): void {
    const { socket } = this
    const more = () => {
      while (socket && !socket.destroyed && socket.write(CHUNK));
    }
    socket?.on('drain', more)
    more()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket?.destroy()
    await new Promise((closed) => this.#server.close(closed))
  }
}

/** @param isShared whether the flood comes over the port of the usual scanner */
function scanners(isShared: boolean): MakeSite<Flooded> {
  return async (stack) => {
    const [usual, other] = [await Port.open(stack), await Port.open(stack)]
    await startGatewaySite(stack, {
      prepare: (folder) => {
        for (const [scanner, { number }] of Object.entries({ 'ST-1': usual, 'ST-2': other }))
          writeFileSync(join(folder, 'devices', `${scanner}.yaml`), mapOf(scanner, number))
      },
    })
    while (!usual.socket || !other.socket) await wait(20)
    let count = 0
    const flooding = isShared ? usual : other
    return {
      scan: () => usual.scan(`BOX-U-${count++}`),
      flood: () => flooding.flood(),
    }
  }
}

function mapOf(scanner: string, port: number): string {
  return `scanner: ${scanner}
port: {tcp: "127.0.0.1:${port}"}
frame: {dedupe: off}
operator: {without: {station_user: 1}}
rules:
  - {match: '^BOX-', is: box}
ack: {good: "47", bad: "42"}
`
}

securityCheck<Flooded>({
  id: 'S13',
  title: 'a scanner that floods leaves the beep of another one in time',
  judge,
  shipped: { 'the flood comes over another port': scanners(false) },
  weakened: { 'both share one port, as behind one device server': scanners(true) },
  timeoutMs: 240_000,
})
