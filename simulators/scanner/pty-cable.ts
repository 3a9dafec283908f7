/**
 * A scanner on USB, on a real pseudo-terminal in its place. A link leads to the terminal, as udev makes one that is named after
 * the device: pulled out, the link is gone; plugged in again, it leads to another terminal.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { rename, rm, symlink } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { ReadStream } from 'node:tty'
import { promisify } from 'node:util'
import type { ScannerCable } from './cable.ts'

/** How long a terminal that is full is given to be read. */
const FULL_WAIT_MS = 2

/** A pseudo-terminal as the library opens it; it has the function, and does not declare it. */
interface PtyLibrary {
  open(options: { readonly encoding: null }): OpenedTerminal
}

interface OpenedTerminal {
  /** Its path. */
  readonly _pty: string
  /** The scanner's end. */
  readonly _fd: number
  readonly master: ReadStream
  readonly slave: ReadStream
  on(event: 'error', listener: () => void): void
}

/** The scanner's end, and a hold on the gateway's end: without any hold the system would take the terminal for hung up. */
interface Terminal {
  readonly path: string
  readonly descriptor: number
  readonly master: ReadStream
  readonly hold: number
}

/** @param link what the gateway opens */
export async function ptyCable(link: string): Promise<ScannerCable> {
  const cable = new PtyCable(link)
  await cable.plugIn()
  return cable
}

class PtyCable implements ScannerCable {
  readonly address: string
  #terminal: Terminal | undefined
  #lastPath = ''
  #listener: (bytes: Buffer) => void = () => {}

  constructor(link: string) {
    this.address = link
  }

  get isPluggedIn(): boolean {
    return this.#terminal !== undefined
  }

  get isTaken(): boolean {
    return this.isPluggedIn
  }

  async send(bytes: Buffer): Promise<void> {
    let left = bytes
    while (this.#terminal && left.length > 0) left = left.subarray(await writeSome(this.#terminal, left))
  }

  onHeard(listener: (bytes: Buffer) => void): void {
    this.#listener = listener
  }

  async unplug(): Promise<void> {
    const terminal = this.#terminal
    if (!terminal) return
    this.#terminal = undefined
    await rm(this.address, { force: true })
    hangUp(terminal)
  }

  async plugIn(): Promise<void> {
    if (this.#terminal) return
    const terminal = await openTerminalBut(this.#lastPath)
    terminal.master.on('data', (bytes: Buffer) => this.#listener(bytes))
    this.#terminal = terminal
    this.#lastPath = terminal.path
    // A link is never seen half made: it gets its name when it leads somewhere.
    const unnamed = `${this.address}.new`
    await symlink(terminal.path, unnamed)
    await rename(unnamed, this.address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug()
  }
}

/**
 * Writes as much as the terminal takes. The stream of the library would keep the whole process waiting for a terminal that is full.
 * @returns how many bytes it took
 */
async function writeSome({ descriptor }: Terminal, bytes: Buffer): Promise<number> {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    await wait(FULL_WAIT_MS)
    return 0
  }
}

/** The system gives the lowest number that is free, and that is often the one of before. */
async function openTerminalBut(lastPath: string): Promise<Terminal> {
  const first = await openTerminal()
  if (first.path !== lastPath) return first
  const second = await openTerminal()
  hangUp(first)
  return second
}

async function openTerminal(): Promise<Terminal> {
  const library = (await import('@lydell/node-pty')) as unknown as { readonly default: PtyLibrary }
  const opened = library.default.open({ encoding: null })
  const { _pty: path, _fd: descriptor, master, slave } = opened
  opened.on('error', () => {})
  // The library would read there what is meant for the gateway. The terminal stays open: what it reads from is a second opening.
  slave.destroy()
  await once(slave, 'close')
  const hold = descriptorOf(path)
  // A new terminal would send everything back, and make a line feed of each carriage return.
  await promisify(execFile)('stty', ['-F', path, 'raw', '-echo'])
  return { path, descriptor, master, hold }
}

/** The only one of this process that leads to a terminal. */
function descriptorOf(path: string): number {
  const descriptors = readdirSync('/proc/self/fd').filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`) === path
    } catch {
      return false // The descriptor with which the folder itself was read.
    }
  })
  return Number(descriptors[0])
}

function hangUp({ master, hold }: Terminal): void {
  master.destroy()
  closeSync(hold)
}
