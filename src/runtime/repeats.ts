/**
 * The same trouble is logged once and then counted, so that a device that comes and goes all night fills no disk and hides
 * nothing else. The first line goes out at once. What is like it waits for a minute; then the latest goes out with how often and
 * since when. While that goes on, the minutes become longer.
 */
import type { Clock } from './clock.ts'

const FIRST_PAUSE_MS = 60_000
const PAUSE_MAX_MS = 3_600_000
/** Lines of more kinds than this share one, so that what is remembered is bounded. */
const KINDS_MAX = 1_000
const OTHERS = 'others'
/** Fields by which lines of the same words are about different things. */
const NAMES = [
  'code',
  'device',
  'scanner',
  'machine',
  'signal',
  'subject',
  'service',
  'route',
  'host',
  'file',
  'reason',
]
/** Texts in quotes and numbers are others each time. */
const CHANGING = /"[^"]*"|\d+/g
/** A file with line and column tells one fault of a file from another. */
const PLACE = /\S+:\d+:\d+:/

/** What stands in place of the lines that were held back. */
interface Again {
  /** How many. */
  readonly times: number
  /** When the first and the last of them were to be written, as ISO texts. */
  readonly since: string
  readonly until: string
}

/** Writes a line, with what it stands for. */
type Write = (again?: Again) => void

interface Kind {
  pauseMs: number
  /** The latest line that waits. */
  held: Write | undefined
  times: number
  sinceMs: number
  untilMs: number
  callOff: () => void
}

/** One for each log. Disposing writes at once whatever waits: the process ends. */
export class Repeats implements Disposable {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #kinds = new Map<string, Kind>()

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#clock = clock
  }

  /** Writes a line now, or later with those like it. */
  say(kind: string, write: Write): void {
    const name = this.#kinds.has(kind) || this.#kinds.size < KINDS_MAX ? kind : OTHERS
    const known = this.#kinds.get(name)
    if (known) {
      known.untilMs = this.#clock.now().wallMs
      if (!known.held) known.sinceMs = known.untilMs
      known.held = write
      known.times += 1
      return
    }
    write()
    const never = { held: undefined, times: 0, sinceMs: 0, untilMs: 0, callOff: () => undefined }
    const fresh: Kind = { ...never, pauseMs: FIRST_PAUSE_MS }
    this.#kinds.set(name, fresh)
    this.#pause(name, fresh)
  }

  [Symbol.dispose](): void {
    const inOrder = [...this.#kinds.values()].toSorted((a, b) => a.untilMs - b.untilMs)
    for (const kind of inOrder) {
      kind.callOff()
      writeHeld(kind)
    }
    this.#kinds.clear()
  }

  #pause(name: string, kind: Kind): void {
    kind.callOff = this.#clock.after(kind.pauseMs, () => {
      if (!kind.held) {
        this.#kinds.delete(name)
        return
      }
      writeHeld(kind)
      kind.pauseMs = Math.min(kind.pauseMs * 2, PAUSE_MAX_MS)
      this.#pause(name, kind)
    })
  }
}

function writeHeld(kind: Kind): void {
  const { held, times, sinceMs, untilMs } = kind
  kind.held = undefined
  kind.times = 0
  held?.({ times, since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() })
}

/** Lines of one kind are about the same trouble of the same thing. */
export function kindOfLine(level: number, fields: Readonly<Record<string, unknown>>, text: string): string {
  const { error } = fields
  const names = NAMES.map((name) => fields[name] ?? '')
  const failure = error instanceof Error ? error.message.replaceAll(CHANGING, '…') : ''
  const words = [PLACE.exec(text)?.[0] ?? '', text.replaceAll(CHANGING, '…'), failure]
  return [level, ...names, ...words].join(' ')
}
