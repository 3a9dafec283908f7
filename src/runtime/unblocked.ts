/** Ways out of the process that keep nobody waiting, whatever the descriptor leads to. */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Send } from './outlet.ts'

/** How often a terminal that takes nothing is tried again. */
const AGAIN_MS = 50
/** A second way to the same terminal, whose writes return at once. The first one is shared with other programs. */
const WITHOUT_WAITING = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY

type StandardStream = Writable & { readonly fd: number; readonly isTTY: boolean | undefined }

/**
 * Node's own stream waits for nobody where it leads into a pipe or a socket; for terminals and files it blocks the thread.
 * @param unfinished where a write is named that keeps the process from ending
 */
export function unblocked(stream: StandardStream, unfinished: Set<string>): Send {
  const kind = fstatSync(stream.fd)
  if (kind.isFIFO() || kind.isSocket()) return throughStream(stream)
  const terminal = stream.isTTY ? openAgain(stream.fd) : undefined
  return terminal === undefined ? throughPool(stream.fd, unfinished) : toTerminal(terminal)
}

/** Undefined where the system has no such way, or does not let this user take it. */
function openAgain(descriptor: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, WITHOUT_WAITING)
  } catch {
    return undefined
  }
}

function throughStream(stream: Writable): Send {
  // Each write hears of its own failure; an error without a listener would end the process.
  stream.on('error', () => undefined)
  return (text, done) => void stream.write(text, done)
}

/** Written at once as far as the terminal takes it, so that it stands in order with what others write there. */
function toTerminal(descriptor: number): Send {
  const send = (bytes: Uint8Array, done: (error?: Error) => void) => {
    try {
      const rest = bytes.subarray(writeSync(descriptor, bytes))
      if (rest.length === 0) done()
      else send(rest, done)
    } catch (error) {
      if (isFull(error)) setTimeout(send, AGAIN_MS, bytes, done)
      else done(error as Error)
    }
  }
  return (text, done) => send(Buffer.from(text), done)
}

/** Written by a thread of Node's pool: a file on a disk that hangs keeps one of them, and no more. */
function throughPool(descriptor: number, unfinished: Set<string>): Send {
  const send = (bytes: Uint8Array, done: (error?: Error | null) => void) => {
    unfinished.add('standard error')
    write(descriptor, bytes, (error, length) => {
      unfinished.delete('standard error')
      if (error && isFull(error)) setTimeout(send, AGAIN_MS, bytes, done)
      else if (error || length === bytes.length) done(error)
      else send(bytes.subarray(length), done)
    })
  }
  return (text, done) => send(Buffer.from(text), done)
}

function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}
