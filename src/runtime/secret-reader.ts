/** Reads secrets: from a terminal without showing what is typed, and else a line of what comes in. */
import type { ReadStream } from 'node:tty'

type Input = NodeJS.ReadStream & Partial<Pick<ReadStream, 'setRawMode'>>

const ENTER = /[\r\n]/
const BACKSPACES = ['\x7f', '\b']
/** Ctrl-C, Ctrl-D and Ctrl-\ of a terminal that hands over every key. */
const CALL_OFFS = ['\x03', '\x04', '\x1c']
/** Ctrl-U: everything is deleted. */
const CLEAR = '\x15'
const LENGTH_MAX = 10_000

/**
 * @param say writes the prompt
 * @param stop aborted ends every question, and is aborted where somebody calls it off
 * @returns asks for one secret; undefined where there is none
 */
export function secretReader(
  input: Input,
  say: (text: string) => void,
  stop: AbortController,
): (prompt: string) => Promise<string | undefined> {
  let rest = ''
  return async (prompt) => {
    const isTerminal = input.isTTY === true
    input.setEncoding('utf8')
    if (isTerminal) {
      input.setRawMode?.(true)
      say(prompt)
    }
    try {
      const typed = await line(input, rest, isTerminal, stop.signal)
      rest = typed.rest
      if (typed.isCalledOff) stop.abort()
      return typed.text
    } finally {
      input.setRawMode?.(false)
      input.pause()
      if (isTerminal) say('\n')
    }
  }
}

interface Typed {
  readonly text: string | undefined
  /** What came behind the line. */
  readonly rest: string
  readonly isCalledOff?: boolean
}

function line(input: Input, before: string, isTerminal: boolean, signal: AbortSignal): Promise<Typed> {
  const { promise, resolve } = Promise.withResolvers<Typed>()
  let text = ''
  const take = (chunk: string) => {
    for (const [at, key] of [...chunk].entries()) {
      if (ENTER.test(key)) return resolve({ text, rest: withoutLineEnd([...chunk].slice(at)) })
      if (isTerminal && CALL_OFFS.includes(key))
        return resolve({ text: undefined, rest: '', isCalledOff: true })
      text = isTerminal ? typedOn(text, key) : text + key
      if (text.length > LENGTH_MAX) return resolve({ text: undefined, rest: '' })
    }
  }
  const end = () => resolve({ text: text === '' ? undefined : text, rest: '' })
  const stopped = () => resolve({ text: undefined, rest: '' })
  input.on('data', take)
  input.once('end', end)
  signal.addEventListener('abort', stopped, { once: true })
  // Between two questions nothing is read.
  input.resume()
  take(before)
  if (signal.aborted) stopped()
  if (input.readableEnded) end()
  return promise.finally(() => {
    input.off('data', take)
    input.off('end', end)
    signal.removeEventListener('abort', stopped)
  })
}

function withoutLineEnd(keys: readonly string[]): string {
  return keys.join('').replace(/^\r?\n|^\r/, '')
}

function typedOn(text: string, key: string): string {
  if (key === CLEAR) return ''
  return BACKSPACES.includes(key) ? [...text].slice(0, -1).join('') : text + key
}
