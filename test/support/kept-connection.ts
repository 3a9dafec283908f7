/**
 * Statements of a test to its server. Tests ask the same again and again until it is so, and a connection takes 50 times as long as a
 * question: what only reads leaves its connection open for the next one, for a moment. Anything else has a session of its own, since a
 * session remembers settings, locks and transactions.
 */
import { Client, type ClientConfig, type QueryResultRow } from 'pg'

/** Longer than the pauses between two looks. */
const KEPT_MS = 400
const ONLY_READS = /^\s*SELECT\b/i
/** What a session would remember, what only a new one shows, and who looks at the sessions themselves. */
const BELONGS_TO_A_SESSION = /\bpg_|\bset_config|current_setting|\bFOR (?:UPDATE|SHARE)|;/i

export class KeptConnection {
  readonly #where: () => ClientConfig
  #idle: Client | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param where may change with each start of the server */
  constructor(where: () => ClientConfig) {
    this.#where = where
  }

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const mayKeep = ONLY_READS.test(text) && !BELONGS_TO_A_SESSION.test(text)
    if (!mayKeep) await this.#drop()
    const client = this.#take() ?? (await this.#connected())
    let isWell = false
    try {
      const { rows } = await client.query<Row>(text, [...values])
      isWell = true
      return rows
    } finally {
      if (isWell && mayKeep) this.#keep(client)
      else await client.end()
    }
  }

  /** Waits for nobody: the server may stand still. */
  close(): void {
    void this.#drop().catch(() => undefined)
  }

  #take(): Client | undefined {
    const client = this.#idle
    this.#idle = undefined
    clearTimeout(this.#timer)
    return client
  }

  #keep(client: Client): void {
    if (this.#idle) return void client.end().catch(() => undefined)
    this.#idle = client
    this.#timer = setTimeout(() => this.close(), KEPT_MS).unref()
  }

  async #drop(): Promise<void> {
    await this.#take()?.end()
  }

  async #connected(): Promise<Client> {
    const client = new Client(this.#where())
    const forget = () => {
      if (this.#idle === client) this.#take()
    }
    // Tests stop servers below open connections.
    client.on('error', forget).on('end', forget)
    await client.connect()
    return client
  }
}
