/**
 * Sends the tiles that have changed to all who look at the line: worked out once for all of them, once a second, and not at all while
 * nobody looks.
 */
import type { Clock } from '../../runtime/clock.ts'
import type { LineChange, LineTile } from './shapes.ts'

const EVERY_MS = 1_000

interface FeedParts {
  /** All of them, as they are now. */
  readonly tiles: () => readonly LineTile[]
  readonly clock: Pick<Clock, 'after'>
}

type Send = (change: LineChange) => void

export class TileFeed {
  readonly #parts: FeedParts
  readonly #viewers = new Set<Send>()
  /** Each tile as it was sent last, as text, which is compared quickly. */
  #sent = new Map<string, string>()
  #turn = 0
  #cancel: (() => void) | undefined

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Sends all tiles at once, and then what changes. @returns how to end it */
  open(send: Send): Disposable {
    this.#look()
    const machines = [...this.#sent.values()].map((text) => JSON.parse(text) as LineTile)
    send({ turn: this.#turn, is_whole: true, machines, gone: [] })
    this.#viewers.add(send)
    this.#cancel ??= this.#parts.clock.after(EVERY_MS, () => this.#tick())
    return { [Symbol.dispose]: () => this.#leave(send) }
  }

  #leave(send: Send): void {
    this.#viewers.delete(send)
    if (this.#viewers.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  #tick(): void {
    this.#cancel = this.#parts.clock.after(EVERY_MS, () => this.#tick())
    this.#look()
  }

  /** Sends what has changed since the last look. */
  #look(): void {
    const before = this.#sent
    const machines: LineTile[] = []
    this.#sent = new Map()
    for (const tile of this.#parts.tiles()) {
      const text = JSON.stringify(tile)
      this.#sent.set(tile.machine, text)
      if (before.get(tile.machine) !== text) machines.push(tile)
    }
    const gone = [...before.keys()].filter((machine) => !this.#sent.has(machine))
    if (machines.length + gone.length === 0) return
    this.#turn += 1
    const change = { turn: this.#turn, is_whole: false, machines, gone }
    for (const send of this.#viewers) send(change)
  }
}
