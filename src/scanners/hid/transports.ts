/**
 * `port: {hid: ID}`: a USB scanner that acts as a keyboard or speaks HID POS, whichever it is set to. `hidpos:` and `hidkbd:` are
 * the same and insist on one of the two, so that a scanner that lost its setting is noticed.
 */
import { z } from 'zod'
import type { Scanner, ScannerContext, ScannerLink, ScannerTransport, Suffix } from '../../domain/scanner.ts'
import { PortFault, portLost, stopped } from '../../ports/port-fault.ts'
import type { SystemFolders } from '../../ports/system-folders.ts'
import type { UsbDevice } from '../../ports/usb-devices.ts'
import { FRAME_ENDS } from '../framing/frame-ends.ts'
import { HidLink } from './hid-link.ts'
import { keyboardLayoutOf } from './keyboard/keyboard-layout.ts'
import { KeyboardReader } from './keyboard/keyboard-reader.ts'
import { type HidHandle, type HidLibrary, loadHidLibrary } from './library.ts'
import { type HidMode, modeFromUsage } from './mode.ts'
import { openInterface } from './open-interface.ts'
import { posLayoutOf } from './pos/pos-layout.ts'
import { PosReader } from './pos/pos-reader.ts'
import { remarkOf } from './remark.ts'
import type { ReportReader } from './report-reader.ts'
import { findInterface, modeBeforeOpening, type Wanted } from './usb/find-interface.ts'
import { parseIdentity, shownName } from './usb/identity.ts'
import { type HidInterface, hidInterfaces } from './usb/usb-tree.ts'

/** What the transports use of the world besides what each connection is given. */
interface HidWorld {
  readonly folders: SystemFolders
  loadLibrary(): Promise<HidLibrary>
}

const ID_HINT =
  'its name within quotes, as millrace ports shows it: "0c2e:0b61:21097B1234", a USB serial number, or a path'

const KEYS: Readonly<Record<'hid' | 'hidpos' | 'hidkbd', HidMode | null>> = {
  hid: null,
  hidpos: 'pos',
  hidkbd: 'keyboard',
}

/** One for each key below `port:`. */
export function createHidTransports(
  folders: SystemFolders,
  loadLibrary: () => Promise<HidLibrary> = loadHidLibrary,
): readonly ScannerTransport<Wanted>[] {
  return Object.entries(KEYS).map(([key, mode]) => ({
    key,
    settings: settingsOf(key, mode),
    isMute: true,
    connect: (scanner, context, signal) => connect(scanner, { folders, loadLibrary }, context, signal),
  }))
}

function settingsOf(key: string, mode: HidMode | null): z.ZodType<Wanted> {
  const id = z.string({ error: ID_HINT }).trim().min(1, { error: ID_HINT })
  return z.strictObject({ [key]: id.describe(DESCRIPTIONS[mode ?? 'any']) }).transform((port) => {
    const text = port[key] ?? ''
    return { text, identity: parseIdentity(text), mode }
  })
}

const DESCRIPTIONS = {
  any: 'A USB scanner in HID POS or keyboard mode: VVVV:PPPP:SERIAL, VVVV:PPPP, its USB serial number, the socket (1-2.3), or a path.',
  pos: 'The same as hid, for a scanner that must be in HID POS mode.',
  keyboard: 'The same as hid, for a scanner that must be in keyboard mode.',
}

async function connect(
  scanner: Scanner<Wanted>,
  world: HidWorld,
  context: ScannerContext,
  signal: AbortSignal,
): Promise<ScannerLink> {
  if (signal.aborted) throw stopped(scanner.id)
  try {
    return await open(scanner, world, context, signal)
  } catch (error) {
    throw error instanceof PortFault ? portLost(scanner.id, error) : error
  }
}

async function open(
  { id, settings, framing }: Scanner<Wanted>,
  { folders, loadLibrary }: HidWorld,
  context: ScannerContext,
  signal: AbortSignal,
): Promise<ScannerLink> {
  const library = await loadLibrary()
  const one = await findInterface(settings, folders)
  const handle = await openInterface({ library, one, folders, context, signal })
  try {
    const mode = await modeOf(handle, one, settings.mode)
    const { device, name } = one
    const interfaces = (await hidInterfaces(folders)).filter((other) => other.device.port === device.port)
    const remark = remarkOf(mode, name, interfaces)
    const opened = { kind: 'opened', where: whereOf(device), remark } as const
    const reader = readerOf(mode, one, framing.suffix)
    return new HidLink({ scanner: id, opened, handle, reader, context, signal })
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  }
}

/** An interface that the kernel does not drive is described by nobody, so it is asked itself. */
async function modeOf(handle: HidHandle, one: HidInterface, wanted: HidMode | null): Promise<HidMode> {
  const known = modeBeforeOpening(one)
  if (known !== undefined && known !== 'none') return known
  const use = await handle.getDeviceInfo().catch(() => ({}))
  const mode = modeFromUsage(use)
  if (mode !== undefined && (wanted === null || mode === wanted)) return mode
  throw new PortFault('port-not-hid', {
    what: `${shownName(one.device)} is neither a keyboard nor a HID POS scanner, or not the one that its map wants`,
    hint: 'scan the code that sets its interface in its manual; docs/scanners.md says which mode to choose',
  })
}

function readerOf(mode: HidMode, one: HidInterface, suffix: Suffix): ReportReader {
  if (mode === 'keyboard') return new KeyboardReader(describedLayout(one, keyboardLayoutOf), suffix)
  return new PosReader(describedLayout(one, posLayoutOf), Uint8Array.from(FRAME_ENDS[suffix].bytes))
}

/**
 * How the device describes its reports; null where its description is gone.
 * @throws PortFault where it describes them in a way that cannot be read: a guess would make other codes
 */
function describedLayout<Layout>(
  { device, descriptor }: HidInterface,
  layoutOf: (descriptor: Uint8Array) => Layout | undefined,
): Layout | null {
  if (descriptor === null) return null
  const layout = layoutOf(descriptor)
  if (layout !== undefined) return layout
  throw new PortFault('port-not-hid', {
    what: `${shownName(device)} sends reports of a kind that cannot be read`,
    hint: 'set the scanner to its serial mode, or a keyboard to its boot report ("6-key rollover")',
  })
}

function whereOf(device: UsbDevice): string {
  const serial =
    device.serialNumber === null ? 'no serial number' : `USB serial number ${device.serialNumber}`
  return `${shownName(device)}, ${serial}, socket ${device.port}`
}
