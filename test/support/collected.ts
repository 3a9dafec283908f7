/** Devices as the gateway collects them, with their reconnects: what is delivered, logged and said of each link. */
import { collectDevice } from '../../src/collector/collect-device.ts'
import type { Collector } from '../../src/collector/roster.ts'
import type { Device, DeviceMessage } from '../../src/domain/device.ts'
import type { Driver } from '../../src/domain/driver.ts'
import type { DeviceHealth } from '../../src/domain/health.ts'
import type { Reading, Sample } from '../../src/domain/signal.ts'
import type { Receipt } from '../../src/domain/subject.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'

const STORED: Receipt = { crowded: false, durable: Promise.resolve() }

/** One device, until it is disposed. */
export interface Collected extends AsyncDisposable {
  readonly collector: Collector<DeviceHealth>
  readonly messages: readonly DeviceMessage[]
  readonly ended: Promise<unknown>
  /** Resolves once the device could be connected to for the first time: over MQTT, once its topics are subscribed. */
  readonly opened: Promise<void>
  /** The lines of the log. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** `up`, `down` and `reading` in the order of the messages; readings in a row count once. */
  story(): readonly string[]
  readings(): readonly Reading[]
  /** All samples of a signal, or of all signals. */
  samples(signal?: string): readonly Sample[]
  /** The last value of each signal, null where it is bad. */
  shown(): Readonly<Record<string, unknown>>
}

export function collected<Settings, Address>(
  device: Device<Settings, Address>,
  driver: Driver<Settings, Address>,
  deliver: (message: DeviceMessage) => Receipt = () => STORED,
  stateFolder = '/nonexistent',
): Collected {
  const messages: DeviceMessage[] = []
  const lines: Readonly<Record<string, unknown>>[] = []
  const abort = new AbortController()
  const opened = Promise.withResolvers<void>()
  const collector = collectDevice({
    device,
    driver: {
      ...(driver as Driver),
      connect: async (...given) => {
        const link = await (driver as Driver).connect(...given)
        opened.resolve()
        return link
      },
    },
    clock: systemClock,
    random: () => 0,
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line)) }),
    stateFolder,
    deliver: (message) => {
      messages.push(message)
      return deliver(message)
    },
  })
  const ended = collector.run(abort.signal).catch((error: unknown) => error)
  const readings = () => messages.flatMap((message) => (message.kind === 'reading' ? [message.reading] : []))
  const samples = (signal?: string) =>
    readings().flatMap((reading) =>
      reading.samples.filter((sample) => signal === undefined || sample.signal === signal),
    )
  return {
    collector,
    messages,
    lines,
    ended,
    opened: opened.promise,
    readings,
    samples,
    shown: () => Object.fromEntries(samples().map(({ signal, value }) => [signal, value])),
    story: () => messages.map(word).filter((each, n, words) => each !== words[n - 1]),
    [Symbol.asyncDispose]: async () => {
      abort.abort()
      await ended
    },
  }
}

function word(message: DeviceMessage): string {
  if (message.kind === 'reading') return 'reading'
  return message.up ? 'up' : 'down'
}
