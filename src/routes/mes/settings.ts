import type { Instant } from '../../domain/instant.ts'
import type { Log } from '../../runtime/log.ts'

export interface CentralSettings {
  readonly connection: ConnectionSettings
  /** Where the MES tables live; every name is qualified with it. */
  readonly schema: string
  /** `organizations.code`; the role must be bound to it. */
  readonly organization: string
  /** `plants.code`. */
  readonly plant: string
  /** Names this gateway's stream within the organization. */
  readonly gateway: string
  /** Whether `machines.status` and `current_work_order_id` are kept current. */
  readonly machineStatus: boolean
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now: () => Instant
}

export interface ConnectionSettings {
  /** Tried in turn; only a primary is taken. */
  readonly hosts: readonly HostPort[]
  readonly database: string
  readonly user: string
  /** Asked at each login, so that it is nowhere kept. Undefined with a client certificate. */
  readonly password: () => string | undefined
  readonly tls: TlsSettings
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface TlsSettings {
  /** `require` encrypts and trusts anybody; `verify-ca` trusts any host of the CA. */
  readonly mode: 'verify-full' | 'verify-ca' | 'require' | 'off'
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}
