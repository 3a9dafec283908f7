/** A serial port: opened only where nobody else reads from it, and watched for as long as it is open. */
import { realpath, stat } from 'node:fs/promises'
import type { SerialPort } from 'serialport'
import type { Clock } from '../runtime/clock.ts'
import { faultBeforeOpening, missingFault, openFault } from './open-faults.ts'
import { PortFault, unpluggedFault } from './port-fault.ts'

/**
 * A port that is unplugged mostly closes with an error. Some drivers say nothing, and the library may then read nothing again and
 * again: so the port is looked for at this interval.
 */
const LOOK_EVERY_MS = 500

/** How bits are sent. A USB device that is no adapter has no such line inside it, and takes whatever is set. */
export interface BitSettings {
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
}

/** Speeds that serial adapters have, in bits a second. */
export const BAUD_RATES = [
  300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400,
] as const

interface PortOpening {
  /** May be a link. The port is lost when it leads elsewhere. */
  readonly path: string
  readonly settings: BitSettings
  readonly clock: Pick<Clock, 'after'>
  readonly proc: string
  /** Called with what has come. */
  bytes(bytes: Buffer): void
  /** Called when the port is gone, whoever closed it; it does no harm twice. */
  lost(fault: PortFault): void
}

/** An open port. */
interface OpenPort {
  /** What the path leads to. */
  readonly device: string
  /**
   * Resolves once the operating system has the bytes.
   * @throws PortFault
   */
  send(bytes: Uint8Array): Promise<void>
  /** Delivers nothing until it is released again. Nothing is lost meanwhile. */
  hold(isHeld: boolean): void
  /** Resolves when the port can be opened again. */
  close(): Promise<void>
}

/** @throws PortFault */
export async function openSerialPort(opening: PortOpening): Promise<OpenPort> {
  const { path, clock } = opening
  const device = await realpath(path).catch(() => {
    throw missingFault(path)
  })
  const number = await numberOf(device)
  const port = await openPort(device, opening)
  const lost = (error?: Error | null) => {
    stopWatching()
    opening.lost(unpluggedFault(path, error ?? undefined))
  }
  const stopWatching = watchPort(path, number, clock, lost)
  port.on('data', (bytes: Buffer) => opening.bytes(bytes))
  port.on('error', lost)
  port.on('close', lost)
  return {
    device,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(Buffer.from(bytes), (error) => (error ? reject(unpluggedFault(path, error)) : resolve()))
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
  clock: Pick<Clock, 'after'>,
  gone: () => void,
): () => void {
  let isStopped = false
  let cancel = clock.after(LOOK_EVERY_MS, look)
  async function look(): Promise<void> {
    const present = await numberOf(path)
    if (isStopped) return
    if (present === undefined || present !== number) return gone()
    cancel = clock.after(LOOK_EVERY_MS, look)
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
