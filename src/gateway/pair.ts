/** The pair that this gateway belongs to, if it does. */
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { Config } from '../config/config.ts'
import { isMachine, type Owner } from '../domain/owner.ts'
import { createPair, type Pair } from '../pair/pair.ts'
import type { World } from './world.ts'

/** Undefined for a gateway that is alone with its machines. */
export async function pairFor(
  config: Pick<Config, 'pair' | 'gateway'>,
  { pair: world, routes: [central], clock, log }: World,
  outbox: BufferOutbox,
  isFenced: () => boolean,
): Promise<Pair | undefined> {
  const { pair: settings, gateway } = config
  if (!settings || !world) return undefined
  const owners = Object.keys(await outbox.states()) as Owner[]
  const parts = { ...world, settings, gateway, outbox, route: central.name, isFenced, clock, log }
  return createPair(parts, owners.some(isMachine))
}
