/** The section `console:` of `gateway.yaml`. */
import { z } from 'zod'
import { hostKey } from '../documents/host.ts'
import type { Section } from '../documents/section.ts'
import { text } from '../documents/text.ts'

/** The certificate that this gateway makes for itself, or files in PEM by absolute paths. */
export type ConsoleTls = 'own' | { readonly certFile: string; readonly keyFile: string }

/** Where the console listens. */
export interface ConsoleSettings {
  /** The address to listen on; loopback unless configured otherwise. */
  readonly host: string
  /** 0 takes any port that is free. */
  readonly port: number
  /** Names by which requests may call this computer, besides its host name, `localhost` and any IP address. */
  readonly names: readonly string[]
  /** Absent: HTTP without TLS. */
  readonly tls?: ConsoleTls
}

const PATH_MAX = 4096

const files = z
  .strictObject({
    cert_file: text(PATH_MAX).describe(
      'The certificate in PEM, with those between it and its authority behind it.',
    ),
    key_file: text(PATH_MAX).describe('Its key, in PEM without a passphrase.'),
  })
  .meta({ title: 'tls' })

const schema = z
  .strictObject({
    host: hostKey().default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8484),
    names: z
      .array(hostKey())
      .default([])
      .describe('Names by which requests may call this computer, besides its host name and any IP address.'),
    tls: z
      .union([z.literal('own'), files])
      .optional()
      .describe('own: with a certificate that the gateway makes; or the files of one. Without it: HTTP.'),
  })
  .meta({ title: 'console' })
  .prefault({})

type Written = z.output<typeof schema>

/** Its keys and their defaults. */
export const consoleSection: Section<Written, ConsoleSettings> = {
  schema,
  settle: ({ resolve }, at, written) => {
    if (!written) return undefined
    const { tls, ...rest } = written
    if (tls === undefined) return rest
    if (tls === 'own') return { ...rest, tls }
    return {
      ...rest,
      tls: {
        certFile: resolve([...at, 'tls', 'cert_file'], tls.cert_file),
        keyFile: resolve([...at, 'tls', 'key_file'], tls.key_file),
      },
    }
  },
}
