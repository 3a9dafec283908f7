/** The section `pair:` of `gateway.yaml`. */
import { z } from 'zod'
import { duration } from '../documents/quantities.ts'
import type { Section } from '../documents/section.ts'
import { text } from '../documents/text.ts'

/** Null for a gateway that is alone with its machines. */
type WrittenPair = PairSettings | null

/** Two gateways that read the same machines, of which one writes what they do. */
export interface PairSettings {
  /** The same for both, and for no other pair of the organization. */
  readonly name: string
  /** How long the active one may be away before the other one takes over, in ms. */
  readonly leaseMs: number
}

const schema = z
  .strictObject({
    name: text(63).describe('The same in both gateways: line-1.'),
    lease: duration({ min: '3s', max: '10m' })
      .prefault('10s')
      .describe('How long the active gateway may be away before the other one takes over. The same in both.'),
  })
  .describe('Two gateways for the same machines: one is active, the other stands by and takes over.')
  .meta({ title: 'pair' })
  .transform(({ name, lease }): WrittenPair => ({ name, leaseMs: lease }))
  .nullable()
  .prefault(null)

/** The section, as `config/` puts it together with the others. */
export const pairSection: Section<WrittenPair> = { schema }
