/** The section `console:` of `gateway.yaml`. */
import { z } from 'zod'
import { hostKey } from '../documents/host.ts'
import type { Section } from '../documents/section.ts'

/** Where the health endpoint listens. */
export interface ConsoleSettings {
  /** The address to listen on; loopback unless configured otherwise. */
  readonly host: string
  /** 0 takes any port that is free. */
  readonly port: number
  /** Names by which requests may call this computer, besides its host name, `localhost` and any IP address. */
  readonly names: readonly string[]
}

const schema = z
  .strictObject({
    host: hostKey().default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8484),
    names: z
      .array(hostKey())
      .default([])
      .describe('Names by which requests may call this computer, besides its host name and any IP address.'),
  })
  .meta({ title: 'console' })
  .prefault({})

/** Its keys and their defaults. */
export const consoleSection: Section<ConsoleSettings> = { schema }
