/** The machines of this gateway as its pair needs them: derived only while it stands by, stored as well while it is the active one. */
import type { LatestRows } from '../domain/latest-rows.ts'
import type { Remembered } from '../domain/subject.ts'
import type { PairedLine, TakeoverCondition } from '../pair/line.ts'
import { PAIR } from '../pair/standing.ts'
import type { Pipeline, Replacement } from '../pipeline.ts'
import type { Recorder } from '../recording/recorder.ts'
import { isMachineSubject, type MachineSubject } from '../status/machine-subject.ts'
import { takeOverRows } from '../status/seam/take-over.ts'
import { isStandingBy, isUnwritten } from '../status/shadow-subject.ts'
import type { MachineState } from '../status/state.ts'
import { hashOfMaps } from './maps-hash.ts'
import type { DeviceRoster } from './rosters.ts'
import { standingBySubject, subjectWith } from './subjects.ts'
import type { World } from './world.ts'

/** More devices than these are only counted. */
const NAMED_MAX = 3

interface LineParts {
  readonly pipeline: Pipeline
  readonly devices: DeviceRoster
  readonly recorder: Recorder | undefined
}

/** Takes all machines over or leaves them to the other gateway, in one transaction each time. */
export function pairLine(
  { clock }: Pick<World, 'clock'>,
  { pipeline, devices, recorder }: LineParts,
): PairedLine {
  const machines = () => pipeline.subjects.filter(isMachineSubject)

  function condition(): TakeoverCondition {
    if (machines().some(({ isWaiting }) => isWaiting))
      return { unable: 'its computer does not know the time yet', blind: null }
    const lost = devices.health().summary.filter(({ state }) => state !== 'connected')
    const own = machines().filter((machine) => !isUnwritten(machine) || machine.because === 'stand-by')
    const isUnseen = (machine: MachineSubject) =>
      machine.health().summary.status === null || (isStandingBy(machine) && machine.isAway)
    const unseen = own.filter(isUnseen)
    const blind = [
      ...named(
        'it does not reach',
        lost.map(({ device }) => device),
      ),
      ...named(
        'it has not seen yet',
        unseen.map(({ map }) => map.machine),
      ),
    ]
    return { unable: null, blind: blind.length === 0 ? null : blind.join('; ') }
  }

  return {
    get machines() {
      return machines().map(({ map }) => map.machine)
    },
    get mapsHash() {
      return hashOfMaps(machines())
    },
    condition,
    takeOver: (latest, aliveMs, standing) =>
      pipeline.replace(
        machines().flatMap((machine) => taken(machine, latest.get(machine.map.machine) ?? {}, aliveMs)),
        { [PAIR]: standing },
      ).durable,
    standBy: () =>
      pipeline.replace(
        machines().flatMap((machine) => (isUnwritten(machine) ? [] : [leftToOther(machine)])),
        {},
      ).durable,
  }

  function taken(machine: MachineSubject, latest: LatestRows, aliveMs: number): readonly Replacement[] {
    if (!isStandingBy(machine)) return []
    const { map, derived, unwritten, absences } = machine
    const now = clock.now()
    const own = { events: unwritten, state: derived.memory.durable }
    const { events, state } = takeOverRows({
      ...{ machine: map.machine, own, absences, latest, aliveMs, now },
    })
    const before = goingOnWith(derived, state)
    return [{ subject: subjectWith(map, remembered(before), recorder), events }]
  }

  function leftToOther(machine: MachineSubject): Replacement {
    return { subject: standingBySubject(machine.map, remembered(machine), recorder), events: [] }
  }

  function remembered(before: MachineSubject): Remembered {
    return { before, state: before.state, lastSeen: undefined, now: clock.now() }
  }
}

/** The same machine, which sees what it saw, with another state. */
function goingOnWith(derived: MachineSubject, state: MachineState): MachineSubject {
  return Object.create(derived, {
    memory: { value: { ...derived.memory, durable: state } },
  }) as MachineSubject
}

function named(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  return [`${what} ${names.slice(0, NAMED_MAX).join(', ')}${more}`]
}
