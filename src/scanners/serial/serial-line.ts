/** A serial port as the line of bytes of a scanner. */
import type { ScannerContext } from '../../domain/scanner.ts'
import { PortFault, portLost } from '../../ports/port-fault.ts'
import { openSerialPort } from '../../ports/serial-port.ts'
import type { ByteLine, LineEvents } from '../byte-link.ts'
import type { LineSettings } from './settings.ts'

interface LineOpening {
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
export async function openSerialLine(opening: LineOpening): Promise<ByteLine> {
  const { path, identity, scanner, settings, context, events, proc } = opening
  const port = await openSerialPort({
    path,
    settings,
    clock: context,
    proc,
    bytes: (bytes) => events.bytes(bytes),
    lost: (fault) => events.lost(portLost(scanner, fault)),
  })
  const link = path === port.device ? [] : [path]
  return {
    where: [port.device, ...link, ...(identity === undefined ? [] : [identity])].join(', '),
    send: async (bytes) => {
      try {
        await port.send(bytes)
      } catch (error) {
        throw error instanceof PortFault ? portLost(scanner, error) : error
      }
    },
    hold: (isHeld) => port.hold(isHeld),
    close: () => port.close(),
  }
}
