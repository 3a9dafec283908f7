/** Whether the host for which the gateway speaks is there, by what it says of itself. Pure. */
import { readHostState } from '../../../mqtt/sparkplug/host-state.ts'
import { parseTopic } from '../../../mqtt/sparkplug/topics.ts'

/** What a message has changed. */
type HostNews = 'online' | 'offline' | undefined

/** Follows the state of one host over one connection. */
export class PrimaryHost {
  readonly #id: string
  #isOnline = false
  /** The newest time that a state carried; an older state is that of a session of the host which is over. */
  #newest: number | undefined

  constructor(id: string) {
    this.#id = id
  }

  get isOnline(): boolean {
    return this.#isOnline
  }

  /** Takes any message; those that say nothing of this host change nothing. */
  take(topic: string, payload: Uint8Array): HostNews {
    const parsed = parseTopic(topic)
    if (parsed?.kind !== 'STATE' || parsed.version !== '3.0' || parsed.host !== this.#id) return undefined
    const state = readHostState(payload)
    if (state?.at === undefined) return undefined
    if (this.#newest !== undefined && state.at < this.#newest) return undefined
    this.#newest = state.at
    this.#isOnline = state.online
    return state.online ? 'online' : 'offline'
  }
}
