/** The keys below `device:` of an edge node of Sparkplug B, or of a device behind one. */
import { z } from 'zod'
import { duration } from '../../documents/quantities.ts'
import { text } from '../../documents/text.ts'
import { type BrokerSettings, brokerKeys, brokerOf, judgeBroker } from '../../mqtt/settings.ts'
import { isTopicPart } from '../../mqtt/sparkplug/topics.ts'

/** Which node or device it is, and at which broker it is heard. */
export interface SparkplugDeviceSettings {
  readonly broker: BrokerSettings
  readonly group: string
  readonly node: string
  /** Absent where the metrics are those of the node itself. */
  readonly device?: string
  /** After so long without a message of it, it is lost. Absent: as long as its node lives, what it showed last counts. */
  readonly staleAfterMs?: number
  /** Where no birth is known: `request` publishes a command that asks for one, `never` waits for it. */
  readonly rebirth: 'request' | 'never'
}

const NAME_MAX = 255

const topicPart = text(NAME_MAX).refine(isTopicPart, {
  error: 'a name in Sparkplug is one level of a topic: without / + and #',
})

/** From the words of the file to {@link SparkplugDeviceSettings}. */
export const sparkplugSettings: z.ZodType<SparkplugDeviceSettings> = z
  .strictObject({
    ...brokerKeys,
    group: topicPart.describe('The group id of its edge node.'),
    node: topicPart.describe('The id of its edge node.'),
    device: topicPart
      .optional()
      .describe('Its id behind that node; without it, metrics are those of the node.'),
    stale_after: duration({ min: '1s', max: '7d' })
      .optional()
      .describe('It is lost after so long without a message; without it, when its node dies.'),
    rebirth: z
      .enum(['request', 'never'])
      .default('never')
      .describe('request: a birth that is not known is asked for, which publishes a command to the node.'),
  })
  .superRefine(judgeBroker)
  .transform(({ group, node, device, stale_after: staleAfterMs, rebirth, ...broker }) => ({
    broker: brokerOf(broker),
    group,
    node,
    rebirth,
    ...(device !== undefined && { device }),
    ...(staleAfterMs !== undefined && { staleAfterMs }),
  }))
