/** Maps that are played live before they are saved: read by the gateway's own drivers, judged by its own derivation, and stored nowhere. */
import type { z } from 'zod'
import type { MachineMap } from '../../domain/machine-map.ts'
import { addressOf } from '../../workbench/live/address-text.ts'
import { doubtOf, findCauses } from '../../workbench/live/causes.ts'
import { LiveMap, type LivePicture, type LiveSignal } from '../../workbench/live/live-map.ts'
import { obstacleText } from '../../workbench/live/obstacle-text.ts'
import { ruleText } from '../../workbench/live/rule-text.ts'
import { compileText, faultOnWire } from './compiled.ts'
import type { LiveSession, liveAsk, PictureOnWire } from './map-shapes.ts'
import { type ConnectParts, liveParts } from './parts.ts'
import { readersAt } from './place.ts'
import { shownText } from './reading.ts'
import { OpenSessions } from './sessions.ts'

interface Playing {
  readonly live: LiveMap
  readonly causes: ReadonlyMap<string, readonly string[]>
}

const LIMITS = { what: 'live sessions', max: 6, idleMs: 60_000, lastsMaxMs: 60 * 60_000 } as const

export class Plays {
  readonly #parts: ConnectParts
  readonly #sessions: OpenSessions<Playing>

  constructor(parts: ConnectParts) {
    this.#parts = parts
    this.#sessions = new OpenSessions(LIMITS, parts.clock, parts.stopping)
  }

  begin({ text, file = 'draft.yaml' }: z.output<typeof liveAsk>, who: string): LiveSession {
    const { map, faults } = compileText(text, file, this.#parts)
    if (!map) return { live: null, faults: faults.map(faultOnWire), remarks: [] }
    const { id } = this.#sessions.open(who, keyOf(map), (signal) => this.#play(map, signal))
    return { live: id, faults: [], remarks: remarksOf(map, this.#parts) }
  }

  watch(
    id: string,
    who: string,
  ): { readonly look: () => PictureOnWire; readonly ended: AbortSignal } & Disposable {
    const watching = this.#sessions.watch(id, who)
    return {
      look: () => pictureOnWire(watching.value),
      ended: watching.ended,
      [Symbol.dispose]: () => watching[Symbol.dispose](),
    }
  }

  end(id: string, who: string): boolean {
    return this.#sessions.end(id, who)
  }

  #play(map: MachineMap, signal: AbortSignal): Playing {
    const parts = liveParts(this.#parts)
    const live = new LiveMap(map, parts)
    const causes = new Map<string, readonly string[]>()
    void Promise.all([live.run(signal), findCauses(live, parts, causes, signal)]).catch((error: unknown) =>
      this.#parts.log.error(
        { event: 'live-map-failed', error, machine: map.machine },
        'a map that was played live has failed',
      ),
    )
    return { live, causes }
  }
}

function keyOf({ devices }: MachineMap): string {
  return devices.map(({ protocol, settings }) => `${protocol} ${JSON.stringify(settings)}`).join('\n')
}

function remarksOf({ devices }: MachineMap, parts: ConnectParts): string[] {
  return devices.flatMap(({ id, protocol, settings }) => {
    const driver = parts.hardware.drivers.find((one) => one.protocol === protocol)
    const readers = driver ? readersAt(driver, settings, parts) : []
    if (readers.length === 0) return []
    return [
      `the gateway reads ${id} already, for ${readers.join(', ')}: both take turns on one connection, so each is a little slower, and a device with room for one client only is not disturbed`,
    ]
  })
}

function pictureOnWire({ live, causes }: Playing): PictureOnWire {
  const picture = live.picture()
  const { verdict } = picture
  return {
    at: new Date(picture.atMs).toISOString(),
    devices: picture.devices.map(({ id, state, error }) => ({ id, state, error: error ?? null })),
    signals: picture.signals.map((one) => signalOnWire(one, causes)),
    rules: live.map.rules.map((rule, n) => ({ text: ruleText(rule), is_matching: n === verdict.rule })),
    obstacle: verdict.obstacle ? obstacleText(verdict.obstacle) : null,
    is_transient: verdict.isTransient,
    status: statusOnWire(picture),
    next: verdict.next
      ? { is: verdict.next.is, reason: verdict.next.reason.code, in_s: seconds(verdict.next.inMs) }
      : null,
  }
}

function statusOnWire({ atMs, verdict: { status } }: LivePicture): PictureOnWire['status'] {
  if (!status) return null
  const { is, reason, sinceMs, downtimeInMs } = status
  return {
    is,
    reason: reason.code,
    since: new Date(atMs - sinceMs).toISOString(),
    for_s: seconds(sinceMs),
    downtime_in_s: downtimeInMs === undefined ? null : seconds(downtimeInMs),
  }
}

function signalOnWire(one: LiveSignal, causes: Playing['causes']): PictureOnWire['signals'][number] {
  const { spec, device, raw, value, quality, ageMs } = one
  return {
    signal: spec.name,
    device: device.id,
    address: addressOf(spec.address, device.protocol),
    raw: raw === undefined || raw === null ? null : shownText(raw),
    value: raw === undefined || value === null ? null : shownText(value),
    unit: spec.unit ?? null,
    quality: raw === undefined ? 'uncertain' : quality,
    age_s: ageMs === undefined ? null : seconds(ageMs),
    doubt: doubtOf(one) ?? null,
    causes: [...(causes.get(spec.name) ?? [])],
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
