/**
 * Tells the program that has started this daemon how it is, by the protocol of systemd's `Type=notify`, sd_notify(3). Node.js has
 * no datagram socket of Unix, so each message goes out through a short-lived `systemd-notify`. Where NOTIFY_SOCKET is not set,
 * nobody asked, and nothing is sent.
 *
 * The watchdog is fed by a timer of the main loop and by nothing else. A gateway whose central is away or whose devices are silent
 * does its work, and starting it again would help nobody; a main loop that does not turn sends nothing.
 */
import { spawn } from 'node:child_process'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** Whoever has started this daemon. Its calls return at once, and nothing is wrong for the caller where they cannot be delivered. */
interface ServiceManager extends Disposable {
  /** The daemon is at work. @param status what `systemctl status` shows */
  ready(status: string): void
  /** The daemon takes its files in again, until `done` has settled. */
  reloading(done: Promise<unknown>): void
  stopping(): void
}

interface ServiceManagerWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Pick<Log, 'warn'>
}

/** systemd waits for a sign of life for WATCHDOG_USEC. At four in that time, a single one that is late does no harm. */
const SIGNS_OF_LIFE = 4
const US_PER_MS = 1_000
/** `systemd-notify` takes some 15 ms; one that hangs must not hold up those after it. */
const MESSAGE_MAX_MS = 5_000

export function createServiceManager(world: ServiceManagerWorld): ServiceManager {
  return world.env.NOTIFY_SOCKET === undefined ? NOBODY : new Notified(world)
}

const NOBODY: ServiceManager = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  [Symbol.dispose]: () => undefined,
}

class Notified implements ServiceManager {
  readonly #world: ServiceManagerWorld
  /** Messages go out one after the other, or the last of two could be overtaken. */
  #turn = Promise.resolve()
  #reloads = 0
  #isReady = false
  #isBroken = false
  #callOff: () => void = () => undefined

  constructor(world: ServiceManagerWorld) {
    this.#world = world
    const watchdogMs = Number(world.env.WATCHDOG_USEC ?? 0) / US_PER_MS
    if (watchdogMs > 0) this.#showLife(watchdogMs / SIGNS_OF_LIFE)
  }

  ready(status: string): void {
    this.#isReady = true
    this.#send('READY=1', `STATUS=${status}`)
  }

  reloading(done: Promise<unknown>): void {
    if (!this.#isReady) return
    if (this.#reloads === 0) this.#send('RELOADING=1')
    this.#reloads += 1
    const over = () => {
      this.#reloads -= 1
      if (this.#reloads === 0) this.#send('READY=1')
    }
    done.then(over, over)
  }

  stopping(): void {
    this.#send('STOPPING=1', 'STATUS=stopping')
  }

  [Symbol.dispose](): void {
    this.#callOff()
  }

  #showLife(everyMs: number): void {
    this.#send('WATCHDOG=1')
    this.#callOff = this.#world.clock.after(everyMs, () => this.#showLife(everyMs))
  }

  #send(...message: readonly string[]): void {
    this.#turn = this.#turn.then(() => this.#deliver(message))
  }

  async #deliver(message: readonly string[]): Promise<void> {
    const fault = await notify(message, this.#world.env)
    if (fault === undefined || this.#isBroken) return
    this.#isBroken = true
    this.#world.log.warn(
      { event: 'service-manager-unreached', cause: fault },
      'no message reaches systemd, which may take this gateway for hung: systemd-notify could not be run',
    )
  }
}

/** @returns why it was not sent, or undefined */
function notify(message: readonly string[], env: ServiceManagerWorld['env']): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { NOTIFY_SOCKET, PATH } = env
    const child = spawn('systemd-notify', message, {
      env: { NOTIFY_SOCKET, PATH },
      stdio: 'ignore',
      timeout: MESSAGE_MAX_MS,
      killSignal: 'SIGKILL',
    })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`))
  })
}
