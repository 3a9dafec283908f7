/** A serial port as a line of bytes: opened only where nobody else reads from it, and watched for as long as it is open. */
import { realpath, stat } from 'node:fs/promises'
import type { SerialPort } from 'serialport'
import type { ScannerContext } from '../../domain/scanner.ts'
import type { ByteLine, LineEvents } from '../byte-link.ts'
import { PortFault, portLost, unpluggedFault } from '../port-fault.ts'
import { faultBeforeOpening, missingFault, openFault } from './open-faults.ts'
import type { LineSettings } from './settings.ts'

/**
 * A port that is unplugged mostly closes with an error. Some drivers say nothing, and the library may then read nothing again and
 * again: so the port is looked for at this interval.
 */
const LOOK_EVERY_MS = 500

interface PortOpening {
  /** For messages. */
  readonly scanner: string
  /** May be a link. The port is lost when it leads elsewhere. */
  readonly path: string
  /** How the port is told from others besides, for `status`. */
  readonly identity?: string
  readonly settings: LineSettings
  readonly context: ScannerContext
  readonly events: LineEvents
  readonly proc: string
}

/** @throws PortFault */
export async function openSerialLine(opening: PortOpening): Promise<ByteLine> {
  const { path, identity, scanner, context } = opening
  const device = await realpath(path).catch(() => {
    throw missingFault(path)
  })
  const number = await numberOf(device)
  const port = await openPort(device, opening)
  const stopWatching = watchPort(path, number, context, () => lost())
  const lost = (error?: Error | null) => {
    stopWatching()
    opening.events.lost(portLost(scanner, unpluggedFault(path, error ?? undefined)))
  }
  port.on('data', (bytes: Buffer) => opening.events.bytes(bytes))
  port.on('error', lost)
  port.on('close', lost)
  const link = path === device ? [] : [path]
  return {
    where: [device, ...link, ...(identity === undefined ? [] : [identity])].join(', '),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(Buffer.from(bytes), (error) =>
          error ? reject(portLost(scanner, unpluggedFault(path, error))) : resolve(),
        )
      }),
    hold: (isHeld) => void (isHeld ? port.pause() : port.resume()),
    close: () => {
      stopWatching()
      return closed(port)
    },
  }
}

async function openPort(device: string, { settings, proc }: PortOpening): Promise<SerialPort> {
  const fault = await faultBeforeOpening(device, proc)
  if (fault) throw fault
  const Port = await loadSerialPort()
  const { baud: baudRate, parity, dataBits, stopBits } = settings
  const port = new Port({ path: device, baudRate, parity, dataBits, stopBits, autoOpen: false })
  const error = await new Promise<Error | null>((resolve) => port.open(resolve))
  if (error) throw await openFault(device, error, proc)
  return port
}

/** Loaded with the first port, since few gateways have one. This computer may have no build of its native part. */
async function loadSerialPort(): Promise<typeof SerialPort> {
  try {
    return (await import('serialport')).SerialPort
  } catch (cause) {
    throw new PortFault('port-failed', {
      what: `serial ports cannot be used: ${cause instanceof Error ? cause.message : cause}`,
      hint: 'install the gateway again on this computer: a part that talks to serial ports does not load',
      cause,
    })
  }
}

/** Which device a path leads to; undefined where it leads nowhere. */
async function numberOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.rdev
}

/**
 * Calls back once when the path no longer leads to the device with this number.
 * @returns the way to stop
 */
function watchPort(
  path: string,
  number: number | undefined,
  context: ScannerContext,
  gone: () => void,
): () => void {
  let isStopped = false
  let cancel = context.after(LOOK_EVERY_MS, look)
  async function look(): Promise<void> {
    const present = await numberOf(path)
    if (isStopped) return
    if (present === undefined || present !== number) return gone()
    cancel = context.after(LOOK_EVERY_MS, look)
  }
  return () => {
    isStopped = true
    cancel()
  }
}

/** Resolves when the port is closed, also where it was closed before. */
function closed(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (!port.isOpen) return resolve()
    port.close(() => resolve())
  })
}
