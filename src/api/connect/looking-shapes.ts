/** What goes over the wire while somebody looks around in a server, or listens to a broker. */
import { z } from 'zod'
import { deviceKeys, signalDraft, text } from './device-shapes.ts'

export const browseAsk = z.strictObject({
  device: deviceKeys,
  /** Below which node; without it, below Objects. */
  node: text(1_000).optional(),
  /** Instead of the level below it: all nodes below it that have the text in name, id or value. */
  search: text(100).optional(),
})
export const nodeList = z.object({
  nodes: z.array(
    z.object({
      node: z.string(),
      name: z.string(),
      path: z.array(z.string()),
      kind: z.enum(['Object', 'Variable', 'Method', 'other']),
      shown: z.string().nullable(),
      type: z.string().nullable(),
      quality: z.enum(['good', 'uncertain', 'bad']).nullable(),
      detail: z.string().nullable(),
      /** Of a variable that a signal can show. */
      signal: signalDraft.nullable(),
    }),
  ),
  is_cut: z.boolean(),
})

export const topicsAsk = z.strictObject({
  device: deviceKeys,
  filter: text(1_000).default('#'),
  for_s: z.number().min(1).max(60).default(10),
  search: text(100).optional(),
})
export const topicList = z.object({
  topics: z.array(
    z.object({
      topic: z.string(),
      messages: z.number(),
      is_retained: z.boolean(),
      values: z.array(z.object({ shown: z.string(), signal: signalDraft })),
    }),
  ),
  is_cut: z.boolean(),
})
