/** Where a press publishes, for whoever subscribes. */
import type { PressSpec } from '../scenario.ts'

/** One message for every change, and whether the press is there. */
export interface JsonTopics {
  readonly state: string
  readonly availability: string
}

/** By what a press goes as a device of Sparkplug. */
export interface SparkplugName {
  readonly group: string
  readonly node: string
  readonly device: string
}

export function jsonTopics(code: string): JsonTopics {
  return { state: `simulators/${code}/state`, availability: `simulators/${code}/availability` }
}

export function sparkplugName(code: string): SparkplugName {
  return { group: 'simulators', node: code, device: 'press' }
}

/** As far as it does. */
export function publishedAs(
  code: string,
  { mqtt }: Pick<PressSpec, 'mqtt'>,
): { readonly json?: JsonTopics; readonly sparkplug?: SparkplugName } {
  return {
    ...(mqtt.includes('json') && { json: jsonTopics(code) }),
    ...(mqtt.includes('sparkplug') && { sparkplug: sparkplugName(code) }),
  }
}
