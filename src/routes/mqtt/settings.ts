/** What stands below `mqtt:` of a route file, and what the route is made of. */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { duration } from '../../documents/quantities.ts'
import type { Settling } from '../../documents/section.ts'
import { text } from '../../documents/text.ts'
import type { BatchSettings } from '../../domain/destination.ts'
import { type BrokerSettings, brokerKeys, brokerOf, judgeBroker } from '../../mqtt/settings.ts'
import { Secret } from '../../runtime/secret.ts'
import { type EdgeSettings, sparkplugKeys, sparkplugOf } from './sparkplug/settings.ts'
import type { TopicWords } from './topics.ts'

const FORMATS = ['json', 'sparkplug'] as const
type Format = (typeof FORMATS)[number]

/** A feed to a broker. */
export interface FeedSettings {
  readonly broker: BrokerSettings
  readonly format: Format
  readonly topic: TopicWords
  /** For feeds with `format: sparkplug`. */
  readonly sparkplug: EdgeSettings
  /** Whether the broker keeps what each machine shows, for those who subscribe later. */
  readonly retain: boolean
  readonly batch: BatchSettings
}

const LEVELS_MAX = 255

const level = text(LEVELS_MAX).regex(/^[^/+#]+$/, 'one level of a topic, without / + #')
const levels = text(LEVELS_MAX).regex(
  /^(?![$])[^/+#]+(?:\/[^/+#]+)*$/,
  'levels of a topic as in factory/feed, without + #, and without / at its ends',
)

const topic = z
  .strictObject({
    root: levels.optional().describe('Levels in front of everything; none unless written.'),
    enterprise: level.optional().describe('organization of gateway.yaml unless written.'),
    site: level.optional().describe('plant of gateway.yaml unless written.'),
  })
  .meta({ title: 'topic' })

const batch = z
  .strictObject({
    rows: z
      .int()
      .min(1)
      .max(10_000)
      .default(500)
      .describe('Events that are published before the position moves.'),
    linger: duration({ max: '1m' }).prefault('50ms'),
  })
  .meta({ title: 'batch' })

const feed = z
  .strictObject({
    ...brokerKeys,
    format: z.enum(FORMATS).default('json').describe('In which form the feed speaks.'),
    topic: topic.optional().describe('Where the tree of topics begins.'),
    sparkplug: sparkplugKeys.optional().describe('Names of the edge node; for format: sparkplug.'),
    retain: z
      .boolean()
      .optional()
      .describe(
        'The broker keeps what each machine shows, for those who subscribe later; true unless written.',
      ),
    batch: batch.prefault({}),
  })
  .superRefine(judgeBroker)
  .superRefine(judgeFormat)
  .meta({ title: 'mqtt' })

/** Keys that say nothing in the other format: whoever writes them means this one. */
const KEYS_OF = { json: ['topic', 'retain'], sparkplug: ['sparkplug'] } as const

function judgeFormat(
  written: {
    readonly format: Format
    readonly topic?: unknown
    readonly sparkplug?: unknown
    readonly retain?: unknown
  },
  context: z.RefinementCtx,
): void {
  const other: Format = written.format === 'json' ? 'sparkplug' : 'json'
  for (const key of KEYS_OF[other])
    if (written[key] !== undefined)
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `${key} is for format: ${other}, and this feed has format: ${written.format}`,
        params: { hint: `write format: ${other}, or leave ${key} out` },
      })
}

/** The keys of a route file that are a feed's. */
export const feedSchema = z.object({ mqtt: feed })

/** Those keys as they were written, each checked by itself. */
export type WrittenFeed = z.output<typeof feedSchema>

/** What the keys come to; undefined only where a fault was found. */
export function settleFeed(
  { draft, resolve, secret }: Pick<Settling, 'resolve' | 'secret'> & Partial<Pick<Settling, 'draft'>>,
  written: WrittenFeed | undefined,
): FeedSettings | undefined {
  if (!written) return undefined
  const { format, topic: words, sparkplug, retain, batch: size, ...broker } = written.mqtt
  const absolute = (path: string) => resolve(['mqtt'], path)
  for (const { at, path } of filesOf(written.mqtt))
    if (!existsSync(absolute(path)))
      draft?.hint(['mqtt', ...at], `${absolute(path)} is not there`, 'the gateway reads it when it connects')
  const { value: password } = secret(['mqtt', 'password'])
  return {
    broker: {
      ...withPaths(brokerOf(broker), absolute),
      ...(password !== undefined && { password: new Secret(password) }),
    },
    format,
    topic: words ?? {},
    sparkplug: sparkplugOf(sparkplug ?? sparkplugKeys.parse({})),
    retain: retain ?? true,
    batch: { rows: size.rows, lingerMs: size.linger },
  }
}

/** The files that the feed names, each with its place. */
function filesOf({
  password_file: passwordFile,
  tls = {},
}: WrittenFeed['mqtt']): readonly { at: string[]; path: string }[] {
  const named = Object.entries(tls).flatMap(([key, path]) =>
    path === undefined ? [] : [{ at: ['tls', key], path }],
  )
  return passwordFile === undefined ? named : [{ at: ['password_file'], path: passwordFile }, ...named]
}

function withPaths(broker: BrokerSettings, absolute: (path: string) => string): BrokerSettings {
  const { passwordFile, tls } = broker
  const files = Object.entries(tls).map(([name, path]) => [name, absolute(path)])
  return {
    ...broker,
    ...(passwordFile !== undefined && { passwordFile: absolute(passwordFile) }),
    tls: Object.fromEntries(files),
  }
}
