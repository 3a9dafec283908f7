/** The tables of the MES that the gateway writes, in the order in which they are written. */
import { downtimeEvents } from './downtime-events.ts'
import { qrCodeScans } from './qr-code-scans.ts'
import { statusHistory } from './status-history.ts'
import type { MesTable } from './table.ts'

export const MES_TABLES: readonly MesTable[] = [statusHistory, downtimeEvents, qrCodeScans]
