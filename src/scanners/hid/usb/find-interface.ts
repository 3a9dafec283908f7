/** Finds the interface of the scanner that a map names, wherever it is plugged in. */
import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { PortFault } from '../../../ports/port-fault.ts'
import type { SystemFolders } from '../../../ports/system-folders.ts'
import { listUsbDevices } from '../../../ports/usb-devices.ts'
import { type HidMode, modeFromUsage } from '../mode.ts'
import { applicationOf } from '../report-descriptor.ts'
import { type Identity, isMeant, shownName, stableName } from './identity.ts'
import { type HidInterface, hidInterfaces } from './usb-tree.ts'

/** The scanner that a map names. */
export interface Wanted {
  /** As it stands in the map. */
  readonly text: string
  readonly identity: Identity
  /** Null: any mode. */
  readonly mode: HidMode | null
}

/** @throws PortFault where there is none, or where several devices are meant */
export async function findInterface(wanted: Wanted, folders: SystemFolders): Promise<HidInterface> {
  const all = await hidInterfaces(folders)
  const meant = await meantBy(wanted.identity, all)
  if (meant.length === 0) throw await missing(wanted, all, folders)
  if (new Set(meant.map(({ device }) => device.port)).size > 1) throw ambiguous(wanted, meant)
  const usable = meant.filter((one) => isUsable(one, wanted.mode))
  const [best] = usable.toSorted((a, b) => preference(b) - preference(a))
  if (!best) throw notInMode(wanted, meant)
  return best
}

/** What its interface says of itself; undefined where nothing can be known before it is opened. */
export function modeBeforeOpening({
  descriptor,
  isBootKeyboard,
}: HidInterface): HidMode | 'none' | undefined {
  const application = descriptor === null ? undefined : applicationOf(descriptor)
  if (application !== undefined) return modeFromUsage(application) ?? 'none'
  return isBootKeyboard ? 'keyboard' : undefined
}

async function meantBy(identity: Identity, all: readonly HidInterface[]): Promise<readonly HidInterface[]> {
  if (identity.kind !== 'node') return all.filter((one) => isMeant(identity, one))
  const path = await realpath(identity.path).catch(() => identity.path)
  return all.filter(({ nodes }) => nodes.includes(basename(path)))
}

function isUsable(one: HidInterface, wanted: HidMode | null): boolean {
  const mode = modeBeforeOpening(one)
  if (mode === 'none') return false
  return mode === undefined || wanted === null || mode === wanted
}

/** HID POS carries more than a keyboard; what says nothing of itself comes last. */
function preference(one: HidInterface): number {
  const mode = modeBeforeOpening(one)
  if (mode === 'pos') return 2
  return mode === 'keyboard' ? 1 : 0
}

async function missing(
  { text, identity }: Wanted,
  all: readonly HidInterface[],
  folders: SystemFolders,
): Promise<PortFault> {
  const serial = identity.kind === 'serial' || identity.kind === 'model' ? identity.serial : null
  const others = serial === null ? [] : await listUsbDevices(folders)
  if (
    others.some(({ serialNumber }) => serialNumber === serial) &&
    !all.some((one) => one.device.serialNumber === serial)
  ) {
    return new PortFault('port-not-hid', {
      what: `the USB device ${serial} is plugged in, but is no keyboard and no HID POS scanner`,
      hint: `in its serial mode, which is the better one, it is usb_serial: "${serial}" in the map`,
    })
  }
  const there = namesOf(all.filter((one) => isUsable(one, null)))
  return new PortFault('port-missing', {
    what: `no HID device ${text} is plugged in`,
    hint:
      there === ''
        ? 'check its cable; millrace ports lists what is there'
        : `check its cable; there are ${there}`,
  })
}

function ambiguous({ text }: Wanted, meant: readonly HidInterface[]): PortFault {
  return new PortFault('port-ambiguous', {
    what: `several devices are meant by ${text}`,
    hint: `write one of these in the map: ${namesOf(meant)}`,
  })
}

function notInMode({ text, mode }: Wanted, meant: readonly HidInterface[]): PortFault {
  const name = meant[0] === undefined ? text : shownName(meant[0].device)
  const modes = { keyboard: 'a keyboard', pos: 'a HID POS scanner' }
  return new PortFault('port-not-hid', {
    what: `${name} is plugged in, but not as ${mode === null ? 'a keyboard or a HID POS scanner' : modes[mode]}`,
    hint: 'scan the code that sets its interface in its manual, or write another key in the map; docs/scanners.md says which',
  })
}

/** Where two devices have the same name, the sockets that they are plugged into. */
function namesOf(some: readonly HidInterface[]): string {
  const devices = [...new Map(some.map(({ device }) => [device.port, device])).values()]
  const names = devices.map(stableName)
  const shown = devices.map((device, index) => {
    const name = names[index] ?? ''
    const isUnique = names.indexOf(name) === names.lastIndexOf(name)
    return `${isUnique ? name : device.port} (${device.product ?? 'no name'} in socket ${device.port})`
  })
  return shown.join(', ')
}
