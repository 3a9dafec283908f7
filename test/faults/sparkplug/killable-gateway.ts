/** The process of a campaign's gateway, one life after the other. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SparkplugJudge } from '../../support/sparkplug/judge.ts'
import type { LifeOrder, LifeReport } from './gateway-life.ts'

const LIFE = fileURLToPath(new URL('gateway-life.ts', import.meta.url))

export interface GatewayOptions {
  readonly folder: string
  readonly url: string
  readonly hostId: string
  readonly perSecond: number
  readonly judge: SparkplugJudge
}

export class KillableGateway implements AsyncDisposable {
  readonly #options: GatewayOptions
  #child: ChildProcess | undefined
  /** The newest of the present life; undefined where it has not spoken yet. */
  report: LifeReport | undefined
  /** Lives that ended without being asked to. */
  readonly failures: string[] = []

  constructor(options: GatewayOptions) {
    this.#options = options
  }

  start(): void {
    const { folder, url, hostId, perSecond, judge } = this.#options
    judge.started()
    this.report = undefined
    const child = fork(LIFE, [folder, url, hostId, String(perSecond)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    child.on('message', (report: LifeReport) => {
      if (this.#child === child) this.report = report
    })
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL')
        this.failures.push(`the gateway ended with ${code ?? signal}: ${said}`)
    })
    this.#child = child
  }

  async kill(): Promise<void> {
    await this.#end((child) => child.kill('SIGKILL'))
    // It may have kept the number of a connection, and died before the CONNECT.
    this.#options.judge.maybeConnected()
  }

  async stop(): Promise<void> {
    this.#options.judge.stopping()
    await this.#end((child) => this.#tell(child, 'stop'))
  }

  hush(): void {
    if (this.#child) this.#tell(this.#child, 'hush')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end((child) => child.kill('SIGKILL'))
  }

  async #end(how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    how(child)
    await ended
  }

  #tell(child: ChildProcess, order: LifeOrder): void {
    child.send(order)
  }
}
