/** Where a signal has its value: in the messages of which topics, and where in them. */
import { AddressFault } from '../../domain/driver.ts'
import type { MessageFormat, SignalFormat, SignalType } from '../../domain/signal.ts'
import { filterFault } from '../shared/brokers/topic-filter.ts'
import { type JsonPath, readJsonPath } from './json-path.ts'
import type { MqttSettings } from './settings.ts'

/** What its device says of all messages is filled in. */
export interface MqttAddress {
  /** May have wildcards. */
  readonly filter: string
  readonly path: JsonPath | undefined
  readonly time: JsonPath | undefined
  readonly quality: JsonPath | undefined
  readonly retained: 'uncertain' | 'current'
  readonly partial: boolean
  readonly type: SignalType | undefined
  /** What came while the gateway was away must say when it was measured. */
  readonly isTimeNeeded: boolean
}

/** @throws AddressFault */
export function parseTopic(
  filter: string,
  { message = {}, type }: SignalFormat,
  settings: MqttSettings,
): MqttAddress {
  const fault = filterFault(filter)
  if (fault) throw new AddressFault(fault.what, fault.hint)
  if (type?.startsWith('bcd')) throw new AddressFault(`a message has no ${type}`, 'leave type out')
  const retained = message.retained ?? settings.retained
  if (retained === 'current' && settings.availability.length === 0) {
    const what =
      'retained: current needs availability, without which nobody knows whether its publisher is there'
    throw new AddressFault(what, 'write availability under device', 'retained')
  }
  const time = pathOf(message, 'time') ?? settings.time
  const isTimeNeeded = settings.session === 'persistent'
  if (isTimeNeeded && !time) {
    const what =
      'session: persistent brings what came while the gateway was away, and nothing says when that was'
    throw new AddressFault(what, 'write time: where it stands in the message, or leave session out')
  }
  return {
    filter,
    path: pathOf(message, 'path'),
    time,
    quality: pathOf(message, 'quality') ?? settings.quality,
    retained,
    partial: message.partial ?? settings.partial,
    type,
    isTimeNeeded,
  }
}

/** As people read it: the topic, and where in its messages. */
export function topicText({ filter, path }: MqttAddress): string {
  return path ? `${filter} ${path.written}` : filter
}

function pathOf(message: MessageFormat, key: 'path' | 'time' | 'quality'): JsonPath | undefined {
  const written = message[key]
  if (written === undefined) return undefined
  const path = readJsonPath(written)
  if ('steps' in path) return path
  throw new AddressFault(path.what, path.hint, key)
}
