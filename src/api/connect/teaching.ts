/** Teach-ins of the callers: reads a device, takes the phases that somebody names, and proposes the rules. */
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import type { Device } from '../../domain/device.ts'
import { ADDRESS_KEYS } from '../../domain/driver.ts'
import { machineOwner } from '../../domain/owner.ts'
import type { ModbusAddress } from '../../drivers/modbus/address.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import { parseDuration } from '../../runtime/units.ts'
import { registerForms } from '../../workbench/live/address-text.ts'
import type { MapKeys } from '../../workbench/map-text/map-draft.ts'
import { newMapText } from '../../workbench/map-text/new-map.ts'
import {
  bitKeysOf,
  type RecordedSignal,
  scanNodes,
  scanRegisters,
} from '../../workbench/recorder/recorded-signals.ts'
import { TeachRecorder } from '../../workbench/recorder/recorder.ts'
import { type CompileProposal, propose } from '../../workbench/teach/propose.ts'
import type { SignalKeys } from '../../workbench/teach/recording.ts'
import { type Asked, askedDevice, bounded, orRefusal } from './asked.ts'
import { compileText } from './compiled.ts'
import { type ConnectParts, driverContext, liveParts } from './parts.ts'
import { saidPhase } from './said-phase.ts'
import { OpenSessions } from './sessions.ts'
import type { DeviceKeys, SignalDraft } from './shapes.ts'
import type { PhaseAsk, TeachLive, TeachProposal, TeachSession, teachAsk } from './teach-shapes.ts'
import { liveOnWire, proposalOnWire, sessionOnWire, type Teaching } from './teach-wire.ts'

const LIMITS = { what: 'teach-ins', max: 4, idleMs: 10 * 60_000, lastsMaxMs: 2 * 60 * 60_000 } as const
/** Slower than this, a light that blinks is not seen to do so. */
const EVERY_MS = 250
/** A device of which the profile says nothing but a name is called so while it is recorded. */
const TAUGHT = 'TEACH-IN'

export class Teachings {
  readonly #parts: ConnectParts
  readonly #sessions: OpenSessions<Teaching>

  constructor(parts: ConnectParts) {
    this.#parts = parts
    this.#sessions = new OpenSessions(LIMITS, parts.clock, parts.stopping)
  }

  async begin(
    { device, signals, scan, scan_nodes: nodes }: z.output<typeof teachAsk>,
    who: string,
    caller: AbortSignal,
  ): Promise<TeachSession> {
    const parts = this.#parts
    return await orRefusal(async () => {
      const asked = askedDevice(device, parts)
      const { driver, settings } = asked
      const scanning = { driver, settings, context: driverContext(parts), signal: bounded(caller) }
      const named = namedSignals(device, signals, parts)
      const registers = scan.length > 0 ? await scanRegisters(scan, scanning) : NONE
      const found = nodes.length > 0 ? await scanNodes(nodes, scanning) : NONE
      const all = [...named, ...withoutDoubles(named, [...registers.signals, ...found.signals])]
      if (all.length === 0) {
        const hint = 'name signals, or registers to record, such as 40001-40100'
        throw new ApiRefusal(422, 'connect-teach', 'there is nothing to record', { hint })
      }
      const recorder = new TeachRecorder(recordedDevice(asked), all, driver, liveParts(parts))
      const teaching = {
        recorder,
        leftOut: registers.leftOut + found.leftOut,
        device,
        sources: new Map<string, string>(),
      }
      const { id } = this.#sessions.open(who, 'teach', (signal) => {
        void recorder
          .run(signal)
          .catch((error: unknown) =>
            parts.log.error({ event: 'teach-in-failed', error }, 'a teach-in has failed'),
          )
        return teaching
      })
      return sessionOnWire(id, teaching)
    })
  }

  live(
    id: string,
    who: string,
  ): { readonly look: () => TeachLive; readonly ended: AbortSignal } & Disposable {
    const watching = this.#sessions.watch(id, who)
    return {
      look: () => liveOnWire(id, watching.value),
      ended: watching.ended,
      [Symbol.dispose]: () => watching[Symbol.dispose](),
    }
  }

  beginPhase(id: string, said: PhaseAsk, who: string): TeachSession {
    const teaching = this.#sessions.find(id, who)
    teaching.recorder.begin(saidPhase(said))
    return sessionOnWire(id, teaching)
  }

  endPhase(id: string, who: string): TeachSession {
    const teaching = this.#sessions.find(id, who)
    teaching.recorder.end()
    return sessionOnWire(id, teaching)
  }

  forgetPhase(id: string, phase: number, who: string): TeachSession {
    const teaching = this.#sessions.find(id, who)
    teaching.recorder.forget(phase)
    return sessionOnWire(id, teaching)
  }

  propose(id: string, without: readonly string[], who: string): TeachProposal {
    const teaching = this.#sessions.find(id, who)
    const { recorder, device, sources } = teaching
    recorder.end()
    const recording = recorder.recording(new Set(without.map((name) => sources.get(name) ?? name)))
    const proposal = propose(recording, this.#compiler(device))
    for (const { name, feature } of proposal.signals) sources.set(name, feature.watched.track.name)
    return proposalOnWire(proposal, recording)
  }

  end(id: string, who: string): boolean {
    return this.#sessions.end(id, who)
  }

  /** The map of a proposal: every stop and every run counts, however short, so that nothing of a phase is smoothed away. */
  #compiler(device: DeviceKeys): CompileProposal {
    return ({ signals, rules, others }) => {
      const text = newMapText({
        machine: TAUGHT,
        device: { ...device, poll: `${EVERY_MS}ms` } as MapKeys,
        signals: signals.map(({ name, keys: of }) => ({ name, keys: of })),
        status: rules,
        others: { ...others, stops: { ignore_stop_below: '0s', ignore_run_below: '0s' } },
        isShadow: false,
      })
      return compileText(text, 'teach-in.yaml', this.#parts).map
    }
  }
}

const NONE = { signals: [], leftOut: 0 } as const

function recordedDevice({ driver, settings, keys }: Asked): Device {
  const pollMs = typeof keys.poll === 'string' ? (parseDuration(keys.poll) ?? EVERY_MS) : EVERY_MS
  return {
    id: TAUGHT,
    subject: machineOwner(TAUGHT),
    protocol: driver.protocol,
    settings: driver.besideGateway?.(settings) ?? settings,
    signals: [],
    pollMs: Math.min(pollMs, EVERY_MS),
  }
}

/**
 * Those of the page, and those that every model of the profile has.
 * @throws ApiRefusal with their faults
 */
function namedSignals(
  device: DeviceKeys,
  drafts: readonly SignalDraft[],
  parts: ConnectParts,
): readonly RecordedSignal[] {
  if (drafts.length === 0 && device.profile === undefined) return []
  const text = newMapText({
    machine: TAUGHT,
    device: device as MapKeys,
    signals: drafts.map(({ name, keys }) => ({ name, keys })),
    status: [{ is: 'idle' }],
    others: {},
    isShadow: false,
  })
  const { map, faults } = compileText(text, 'teach-in.yaml', parts)
  if (!map) throw new ApiRefusal(422, 'connect-signals', 'some signals have faults', { faults: [...faults] })
  const byName = new Map(drafts.map(({ name, keys }) => [name, keys]))
  return map.devices
    .flatMap(({ signals, protocol }) => signals.map((spec) => ({ spec, protocol })))
    .map(({ spec, protocol }) => {
      const keys = (byName.get(spec.name) ?? {}) as SignalKeys
      const driver = parts.hardware.drivers.find((one) => one.protocol === protocol)
      const isRegister = driver !== undefined && isModbusDriver(driver)
      const address = isRegister
        ? registerForms(spec.address as ModbusAddress)
        : String(ADDRESS_KEYS.map((key) => keys[key]).find(Boolean) ?? '')
      const at = isRegister && spec.type === 'u16' ? address.split(' ')[0] : undefined
      return { spec, keys, isNamed: true, address, ...(at !== undefined && { bitKeys: bitKeysOf(at) }) }
    })
}

/** What somebody has named need not be recorded twice. */
function withoutDoubles(
  named: readonly RecordedSignal[],
  scanned: readonly RecordedSignal[],
): readonly RecordedSignal[] {
  const known = new Set(named.map(({ address }) => address))
  const names = new Set(named.map(({ spec }) => spec.name))
  return scanned
    .filter(({ address }) => !known.has(address))
    .map((one) =>
      names.has(one.spec.name) ? { ...one, spec: { ...one.spec, name: `${one.spec.name}_scanned` } } : one,
    )
}
