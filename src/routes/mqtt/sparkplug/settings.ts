/** What stands below `sparkplug:` of a feed. */
import { z } from 'zod'
import { duration } from '../../../documents/quantities.ts'
import { text } from '../../../documents/text.ts'
import { isTopicPart } from '../../../mqtt/sparkplug/topics.ts'

/** Under which names hosts know the gateway, and for which of them it speaks. */
export interface EdgeSettings {
  /** The plant unless written. */
  readonly group?: string
  /** The gateway's name unless written. */
  readonly node?: string
  /** The host that has to be there: while it is not, everything waits here. */
  readonly primaryHost: string | undefined
  /** What went out so shortly before the broker or the host was lost is said again. */
  readonly repeatLastMs: number
  /** Events of history a second, at most. */
  readonly historyRate: number
}

const NAME_MAX = 100
const name = text(NAME_MAX).refine(isTopicPart, 'one level of a topic, without / + #')

export const sparkplugKeys = z
  .strictObject({
    group: name.optional().describe('The group of the edge node; the plant unless written.'),
    node: name.optional().describe('The edge node; the name of the gateway unless written.'),
    primary_host: name
      .optional()
      .describe('The id of the host application that must be online: while it is not, nothing is published.'),
    repeat_last: duration({ max: '10m' })
      .prefault('30s')
      .describe(
        'What went out so shortly before the broker or the host was lost goes out again, as history.',
      ),
    history_rate: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe('Events of history a second: a broker drops what a host does not take in time.'),
  })
  .meta({ title: 'sparkplug' })

/** The keys as the program has them. */
export function sparkplugOf({
  group,
  node,
  primary_host: primaryHost,
  repeat_last: repeatLastMs,
  history_rate: historyRate,
}: z.output<typeof sparkplugKeys>): EdgeSettings {
  return {
    ...(group !== undefined && { group }),
    ...(node !== undefined && { node }),
    primaryHost,
    repeatLastMs,
    historyRate,
  }
}
