/** How a station's scanner is to be set: what its map needs, in the words of the scanner's maker. */
import type { StationMap } from '../../domain/station-map.ts'
import {
  PROGRAMMING,
  type Programming,
  SCANNER_SETTINGS,
  type ScannerConnection,
  type ScannerSetting,
} from '../../scanners/programming.ts'
import type { ProgrammingShape } from './shapes.ts'

const CONNECTIONS: Readonly<Record<string, ScannerConnection>> = {
  serial: 'serial',
  usb_serial: 'usb-serial',
  tcp: 'network',
}

export function programmingSheet(map: StationMap): ProgrammingShape {
  const { scanner, port, payload, brand = null } = map
  const known = brand === null ? undefined : PROGRAMMING[brand]
  const connection = CONNECTIONS[port.transport] ?? 'hid'
  return {
    scanner,
    brand,
    maker: known?.maker ?? null,
    models: known?.models ?? null,
    connection,
    suffix: port.framing.suffix,
    prefix: payload.prefix,
    aim_id: payload.aimId,
    steps: settingsFor(connection).map((setting) => stepOf(known, setting, connection)),
    manual: known?.manual ?? null,
  }
}

/** A keyboard takes no answer, and only a keyboard has a layout. */
function settingsFor(connection: ScannerConnection): readonly ScannerSetting[] {
  const isHid = connection === 'hid'
  const unwanted: readonly ScannerSetting[] = isHid ? ['acknowledgement', 'host-beep'] : ['keyboard']
  return SCANNER_SETTINGS.filter((setting) => !unwanted.includes(setting))
}

function stepOf(
  known: Programming | undefined,
  setting: ScannerSetting,
  connection: ScannerConnection,
): ProgrammingShape['steps'][number] {
  const named = setting === 'interface' ? known?.interfaces[connection] : known?.settings[setting]
  return { setting, makers_name: named?.name ?? null, command: named?.command ?? null }
}
