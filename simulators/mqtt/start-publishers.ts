/** The ways in which a press publishes itself. */
import type { PressSpec } from '../scenario.ts'
import { publishJson } from './json-press.ts'
import type { Publisher } from './publisher.ts'
import type { BrokerLogin } from './session.ts'
import { publishSparkplug } from './sparkplug-press.ts'

const WAYS = { json: publishJson, sparkplug: publishSparkplug } as const

/** Starts them: each has a connection of its own. */
export function startPublishers(code: string, { mqtt }: PressSpec, login: BrokerLogin): readonly Publisher[] {
  return mqtt.map((way) => WAYS[way](code, login))
}
