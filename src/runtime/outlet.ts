/**
 * Where the log goes out of the process. Whoever writes never waits and never hears of an error: a reader that hangs, a
 * terminal on hold or a pipe without a reader must not hold up a poll. What cannot go out waits here up to a bound; lines beyond
 * it are dropped, counted, and their number is said once writing goes on.
 */

import type { LogEvent } from './log.ts'

/** About ten thousand lines. */
const WAITING_MAX_CHARACTERS = 1_000_000

/** Writes a text without blocking the thread, and calls back once it is out or cannot be. */
export type Send = (text: string, done: (error?: Error | null) => void) => void

/** The line that says how many lines are missing at its place. */
type LossText = (lines: number) => string

/** Says it in words on a terminal, and as JSON elsewhere. */
export function lossLine(isForPeople: boolean): LossText {
  return (dropped) => {
    const msg = `${dropped} lines of the log are missing here: nobody took them in time`
    return warningLine(isForPeople, { event: 'log-dropped', code: 'log-dropped', dropped, msg })
  }
}

interface WarningFields {
  readonly event: LogEvent
  readonly code: string
  readonly dropped?: number
  readonly msg: string
}

/** A line of the process itself, where no log is made yet. */
export function warningLine(isForPeople: boolean, fields: WarningFields): string {
  if (isForPeople) return `${fields.msg}\n`
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), ...fields })}\n`
}

/** One end of the process, shared by all who write to it. */
export class Outlet {
  readonly #send: Send
  readonly #lossText: LossText
  readonly #onEmpty: (() => void)[] = []
  #waiting: string[] = []
  #characters = 0
  #isSending = false
  #lost = 0

  constructor(send: Send, lossText: LossText) {
    this.#send = send
    this.#lossText = lossText
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return !this.#isSending
  }

  /** Takes whole lines. */
  write(text: string): void {
    if (this.#characters + text.length > WAITING_MAX_CHARACTERS) {
      this.#lost += linesIn(text)
      return
    }
    this.#waiting.push(text)
    this.#characters += text.length
    if (!this.#isSending) this.#sendAll()
  }

  /** Resolves once nothing waits. */
  emptied(): Promise<void> {
    return this.isEmpty ? Promise.resolve() : new Promise((resolve) => this.#onEmpty.push(resolve))
  }

  #sendAll(): void {
    const text = this.#waiting.join('')
    this.#waiting = []
    this.#isSending = true
    this.#send(text, (error) => {
      this.#isSending = false
      this.#characters -= text.length
      if (error) this.#lost += linesIn(text)
      else this.#sayLoss()
      if (this.#waiting.length > 0) this.#sendAll()
      if (this.isEmpty) for (const resolve of this.#onEmpty.splice(0)) resolve()
    })
  }

  /** After what waited: there the lines are missing. */
  #sayLoss(): void {
    if (this.#lost === 0) return
    const text = this.#lossText(this.#lost)
    this.#lost = 0
    this.#waiting.push(text)
    this.#characters += text.length
  }
}

function linesIn(text: string): number {
  return text.split('\n').length - 1
}
