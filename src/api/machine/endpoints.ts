/** One machine at this moment: asked for once, or as a stream for whoever looks at it. Nothing is worked out while nobody does. */
import type { DeviceCollector } from '../../collector/collect-device.ts'
import { type Endpoint, type EventStream, endpoint, eventStream } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import { machineOwner, type Owner } from '../../domain/owner.ts'
import type { Subject } from '../../domain/subject.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isMachineSubject } from '../../status/machine-subject.ts'
import { machinePicture } from './picture.ts'
import { type MachineOnWire, machineParams, machineShape } from './shapes.ts'

/** As often as somebody who watches a number change can follow. */
const LOOK_EVERY_MS = 500

interface MachineParts {
  readonly pipeline: { subjectOf(owner: Owner): Subject | undefined }
  readonly devices: { of(owner: Owner): readonly Pick<DeviceCollector, 'health' | 'shown'>[] }
  readonly clock: Pick<Clock, 'now' | 'after'>
}

export function machineEndpoints(parts: MachineParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/machines/:machine',
      role: 'view',
      summary:
        'What a machine shows now: its signals, the rule that decides, and the status that is about to follow.',
      params: machineParams,
      answer: machineShape,
      handle: ({ params }) => asked(parts, params.machine),
    }),
  ]
}

export function machineStreams(parts: MachineParts): readonly EventStream[] {
  return [
    eventStream({
      path: '/machines/:machine/events',
      role: 'view',
      summary: 'What a machine shows, whenever anything of it changes.',
      params: machineParams,
      event: machineShape,
      open: ({ params }, send) => watchMachine(parts, params.machine, send),
    }),
  ]
}

/** @throws ApiRefusal */
function asked(parts: MachineParts, machine: string): MachineOnWire {
  const picture = pictureOf(parts, machine)
  if (picture) return picture
  throw new ApiRefusal(404, 'machine-unknown', `no map of ${machine} is in force`, {
    hint: 'the page Line shows all machines; whether its map has faults, the page Troubles',
  })
}

/** Undefined where no map of it is in force. */
function pictureOf({ pipeline, devices, clock }: MachineParts, machine: string): MachineOnWire | undefined {
  const owner = machineOwner(machine)
  const subject = pipeline.subjectOf(owner)
  if (!subject || !isMachineSubject(subject)) return undefined
  return machinePicture(subject, devices.of(owner), clock.now())
}

/** Sends what is new. While its map is away, nothing is: the page says since when it has shown the same. */
function watchMachine(
  parts: MachineParts,
  machine: string,
  send: (picture: MachineOnWire) => void,
): Disposable {
  let sent = ''
  let cancel: (() => void) | undefined
  const sendNew = (picture: MachineOnWire) => {
    const text = JSON.stringify({ ...picture, at: '' })
    if (text === sent) return
    sent = text
    send(picture)
  }
  const look = () => {
    cancel = parts.clock.after(LOOK_EVERY_MS, look)
    const picture = pictureOf(parts, machine)
    if (picture) sendNew(picture)
  }
  sendNew(asked(parts, machine))
  cancel = parts.clock.after(LOOK_EVERY_MS, look)
  return { [Symbol.dispose]: () => cancel?.() }
}
