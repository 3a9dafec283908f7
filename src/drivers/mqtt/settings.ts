/** The keys below `device:` of what publishes to an MQTT broker. */
import { z } from 'zod'
import { duration } from '../../documents/quantities.ts'
import { text } from '../../documents/text.ts'
import { type BrokerSettings, brokerKeys, brokerOf, judgeBroker } from '../../mqtt/settings.ts'
import { filterFault, hasWildcard } from '../shared/brokers/topic-filter.ts'
import { type JsonPath, readJsonPath } from './json-path.ts'

/** A topic by which a publisher, or the broker for it, says whether it is there. */
export interface AvailabilityTopic {
  readonly topic: string
  readonly path?: JsonPath | undefined
  /** Compared without regard to capital letters. */
  readonly online: string
  readonly offline: string
}

/** How a device is heard of, parsed. What its signals do not say themselves stands here. */
export interface MqttSettings {
  readonly broker: BrokerSettings
  readonly session: 'clean' | 'persistent'
  /** Absent where the map does not say. */
  readonly staleAfterMs?: number
  readonly availability: readonly AvailabilityTopic[]
  readonly retained: 'uncertain' | 'current'
  readonly time?: JsonPath
  readonly quality?: JsonPath
  readonly partial: boolean
}

/** A publisher that nobody vouches for, and that says nothing for so long, is taken for gone, unless its map says otherwise. */
const STALE_AFTER_MS = 60_000
const TOPICS_MAX = 4
const TOPIC_MAX = 1_000

/** A path into JSON, as a key of a map has it. */
const pathKey = text(TOPIC_MAX).transform((written, context): JsonPath => {
  const path = readJsonPath(written)
  if ('steps' in path) return path
  context.addIssue({ code: 'custom', message: path.what, params: { hint: path.hint } })
  return z.NEVER
})

const topicKey = text(TOPIC_MAX).superRefine((written, context) => {
  const fault = hasWildcard(written)
    ? { what: 'an availability topic is one topic, without wildcards', hint: 'as in plant/press-07/online' }
    : filterFault(written)
  if (fault) context.addIssue({ code: 'custom', message: fault.what, params: { hint: fault.hint } })
})

/** YAML reads `true` and `0` as what they are; a message has them as texts. */
const word = z
  .union([text(), z.boolean(), z.number()], { error: 'a word as the message has it' })
  .transform((written) => String(written))

const availabilityTopic = z
  .strictObject({
    topic: topicKey,
    path: pathKey.optional().describe('Where in the JSON the word stands, if it is JSON.'),
    online: word.prefault('online'),
    offline: word.prefault('offline'),
  })
  .meta({ title: 'an availability topic' })

/** From the words of the file to {@link MqttSettings}. */
export const mqttSettings: z.ZodType<MqttSettings> = z
  .strictObject({
    ...brokerKeys,
    session: z
      .enum(['clean', 'persistent'])
      .default('clean')
      .describe('persistent: the broker keeps what comes while the gateway is away. It needs time.'),
    stale_after: duration({ min: '1s', max: '24h' })
      .optional()
      .describe('Silent for so long is lost: 60s unless written, or without end while it is online.'),
    availability: z
      .union([availabilityTopic, z.array(availabilityTopic).min(1).max(TOPICS_MAX)])
      .optional()
      .describe('Where the publisher says that it is online, and its last will that it is offline.'),
    retained: z
      .enum(['uncertain', 'current'])
      .default('uncertain')
      .describe('current: the publisher keeps its retained messages up to date.'),
    time: pathKey.optional().describe('Where in the JSON is when it was measured.'),
    quality: pathKey.optional().describe('Where in the JSON is whether the value is good.'),
    partial: z.boolean().default(false).describe('A message has only what has changed.'),
  })
  .superRefine((keys, context) => judgeBroker(keys, context))
  .refine(({ retained, availability }) => retained === 'uncertain' || availability !== undefined, {
    message:
      'retained: current needs availability, without which nobody knows whether its publisher is there',
    path: ['retained'],
  })
  .transform((keys): MqttSettings => {
    const { session, stale_after: staleAfterMs, availability = [], retained, time, quality, partial } = keys
    return {
      broker: brokerOf(keys),
      session,
      ...(staleAfterMs !== undefined && { staleAfterMs }),
      availability: [availability].flat(),
      retained,
      ...(time && { time }),
      ...(quality && { quality }),
      partial,
    }
  })

/** For how long a device may say nothing; undefined where its availability topics vouch for it meanwhile. */
export function quietMaxMs(settings: MqttSettings): number | undefined {
  return settings.availability.length > 0 ? undefined : silentMaxMs(settings)
}

/** The same while nobody vouches for it. */
export function silentMaxMs({ staleAfterMs = STALE_AFTER_MS }: MqttSettings): number {
  return staleAfterMs
}
