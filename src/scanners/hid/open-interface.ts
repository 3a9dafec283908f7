/** Opens the interface of a scanner, or says why it cannot be had. The library gives no reasons, so they are looked up. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { ScannerContext } from '../../domain/scanner.ts'
import { holdersOf, holdersText } from '../../ports/holders.ts'
import { PortFault } from '../../ports/port-fault.ts'
import type { SystemFolders } from '../../ports/system-folders.ts'
import { within } from '../../runtime/within.ts'
import type { HidHandle, HidLibrary } from './library.ts'
import { shownName } from './usb/identity.ts'
import type { HidInterface } from './usb/usb-tree.ts'

/** The name that the kernel shows where a program, through libusb, has an interface instead of its own driver. */
export const TAKEN_BY_PROGRAM = 'usbfs'

/** A device answers each question of the system within 1 s, or never. */
const OPEN_MAX_MS = 5_000

interface OpeningParts {
  readonly library: HidLibrary
  readonly one: HidInterface
  readonly folders: SystemFolders
  readonly context: ScannerContext
  readonly signal: AbortSignal
}

/** @throws PortFault */
export async function openInterface(parts: OpeningParts): Promise<HidHandle> {
  const { library, one, folders } = parts
  const fault = await faultOfInterface(one, folders)
  if (fault) throw fault
  return await openInTime(library.open(one.name), parts)
}

/** What keeps an interface from being opened, as far as it can be known before; undefined: nothing. */
export async function faultOfInterface(
  one: HidInterface,
  folders: SystemFolders,
): Promise<PortFault | undefined> {
  return (await faultBeforeOpening(one)) ?? (await heldFault(one, folders))
}

async function openInTime(
  opening: Promise<HidHandle>,
  { one, context, signal }: OpeningParts,
): Promise<HidHandle> {
  const failed = (cause?: unknown) =>
    new PortFault('port-failed', {
      what: `${shownName(one.device)} cannot be opened`,
      hint: 'plug the scanner in again; sudo dmesg shows what the system says of it',
      cause,
    })
  try {
    return await within(opening, { clock: context, maxMs: OPEN_MAX_MS, signal }, () => {
      // It may still come, and must not stay open then.
      opening.then((handle) => handle.close()).catch(() => {})
      throw failed()
    })
  } catch (cause) {
    throw cause instanceof PortFault ? cause : failed(cause)
  }
}

async function faultBeforeOpening({ device }: HidInterface): Promise<PortFault | undefined> {
  const { node } = device
  if ((await stat(node).catch(() => undefined)) === undefined) {
    return new PortFault('port-failed', {
      what: `${shownName(device)} is plugged in, but there is no file ${node} to open it by`,
      hint: 'in a container the devices must be handed in: docker run -v /dev/bus/usb:/dev/bus/usb --device-cgroup-rule="c 189:* rmw"',
    })
  }
  const isAllowed = await access(node, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (isAllowed) return undefined
  return new PortFault('port-forbidden', {
    what: `${shownName(device)} may not be opened by the user ${userInfo().username} (${node})`,
    hint: 'install the udev rule of docs/scanners.md, put that user into its group, plug the scanner in again, and restart the gateway',
  })
}

async function heldFault(one: HidInterface, folders: SystemFolders): Promise<PortFault | undefined> {
  if (one.driver !== TAKEN_BY_PROGRAM) return undefined
  const holders = await holdersOf(one.device.node, folders.proc)
  const others = holders.filter(({ isUs }) => !isUs)
  const name = shownName(one.device)
  if (others.length > 0) {
    return new PortFault('port-held', {
      what: `${name} is held by ${holdersText(others)}`,
      hint: 'only one program gets what is scanned: end that one',
    })
  }
  return new PortFault('port-busy', {
    what: holders.length > 0 ? `${name} is open already, for another scanner` : `${name} is in use`,
    hint:
      holders.length > 0
        ? 'two maps name this device: correct one of them'
        : `a program of another user holds it: sudo fuser -v ${one.device.node} names it`,
  })
}
