/** What the page of scanners asks: how they are, what is scanned just now, and what is printed for a station. */
import { z } from 'zod'
import { type Endpoint, type EventStream, endpoint, eventStream } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import type { Health, ScannerHealth } from '../../domain/health.ts'
import { utcText } from '../../domain/instant.ts'
import type { StationMap } from '../../domain/station-map.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { StationSubject } from '../../scans/station-subject.ts'
import { barcodeSvg } from './barcodes.ts'
import type { LiveScans } from './live-scans.ts'
import { programmingSheet } from './programming-sheet.ts'
import {
  BARCODES,
  liveScansSchema,
  programmingSchema,
  type ScannersShape,
  scannersSchema,
  wallCardSchema,
} from './shapes.ts'
import { cardItems, wallCard } from './wall-card.ts'

interface ScannerParts {
  readonly stations: () => readonly StationSubject[]
  readonly scanners: () => Health<readonly ScannerHealth[]>
  readonly liveScans: LiveScans
  /** Ports to which nothing can be sent. */
  readonly muteTransports: readonly string[]
  readonly clock: Pick<Clock, 'after'>
}

const NAMED = z.strictObject({ scanner: z.string().max(200) })
/** More events in a second show nobody more. */
const EVENT_EVERY_MS = 250

export function scannersEndpoints(parts: ScannerParts): readonly Endpoint[] {
  const mapOf = (scanner: string) => stationNamed(parts, scanner).map
  return [
    endpoint({
      method: 'GET',
      path: '/scanners',
      role: 'view',
      summary:
        'Every station and its scanner: the port as it was found, what was last scanned, and what came of it.',
      answer: scannersSchema,
      handle: () => scannersShape(parts),
    }),
    endpoint({
      method: 'GET',
      path: '/scanners/:scanner/card',
      role: 'view',
      summary: 'What the wall card of a station holds: the commands and reasons that its map takes.',
      params: NAMED,
      answer: wallCardSchema,
      handle: ({ params }) => wallCard(mapOf(params.scanner)),
    }),
    endpoint({
      method: 'GET',
      path: '/scanners/:scanner/barcodes/:item',
      role: 'view',
      summary: 'One barcode of a wall card, as Code 128 or QR.',
      params: NAMED.extend({ item: z.string().max(200) }),
      query: z.strictObject({ as: z.enum(BARCODES).default('code128') }),
      answer: { mediaType: 'image/svg+xml' },
      handle: ({ params, query }) => barcodeOf(mapOf(params.scanner), params.item, query.as),
    }),
    endpoint({
      method: 'GET',
      path: '/scanners/:scanner/programming',
      role: 'view',
      summary: 'How the scanner of a station is to be set, in the words of its maker.',
      params: NAMED,
      answer: programmingSchema,
      handle: ({ params }) => programmingSheet(mapOf(params.scanner)),
    }),
  ]
}

export function scannersStreams({ liveScans, clock }: ScannerParts): readonly EventStream[] {
  return [
    eventStream({
      path: '/scans',
      role: 'view',
      summary:
        'What is scanned, what it was understood as, and what came of it. Of badges only that they were.',
      query: z.strictObject({ scanner: z.string().max(200).optional() }),
      event: liveScansSchema,
      open: ({ query: { scanner } }, send) => {
        const show = () => send({ scans: [...liveScans.latest(scanner)] })
        const { note, callOff } = gathered(show, clock)
        const stop = liveScans.onChange((changed) => {
          if (scanner === undefined || scanner === changed) note()
        })
        show()
        return {
          [Symbol.dispose]: () => {
            stop()
            callOff()
          },
        }
      },
    }),
  ]
}

/** Calls once for everything that is noted within a moment. */
function gathered(call: () => void, clock: Pick<Clock, 'after'>) {
  let callOff: (() => void) | undefined
  return {
    note: () => {
      callOff ??= clock.after(EVENT_EVERY_MS, () => {
        callOff = undefined
        call()
      })
    },
    callOff: () => callOff?.(),
  }
}

/** @throws ApiRefusal for what is not on the card: whatever else is asked for is drawn for nobody, least of all a badge */
async function barcodeOf(map: StationMap, name: string, as: (typeof BARCODES)[number]): Promise<string> {
  const found = (await cardItems(map)).find(({ item }) => item === name)
  if (!found)
    throw new ApiRefusal(404, 'card-item', `${map.scanner} takes nothing that is called ${name}`, {
      hint: `/api/v1/scanners/${encodeURIComponent(map.scanner)}/card names what it takes`,
    })
  return await barcodeSvg(found.payload, as)
}

function stationNamed({ stations }: ScannerParts, scanner: string): StationSubject {
  const station = stations().find(({ map }) => map.scanner === scanner)
  if (station) return station
  const hint = 'the page Scanners shows all of them; a map with faults is named on the page Troubles'
  throw new ApiRefusal(404, 'scanner-unknown', `there is no scanner ${scanner}`, { hint })
}

function scannersShape(parts: ScannerParts): ScannersShape {
  const healths = parts.scanners().summary
  return {
    scanners: parts.stations().map((station) => {
      const health = healths.find(({ scanner }) => scanner === station.map.scanner)
      return { ...mapFacts(station.map, parts), ...stationFacts(station), ...portFacts(health) }
    }),
  }
}

function mapFacts({ scanner, file, station, brand, port }: StationMap, { muteTransports }: ScannerParts) {
  const { location, machine } = station
  const { transport } = port
  return {
    scanner,
    file,
    location,
    machine,
    brand: brand ?? null,
    transport,
    is_mute: muteTransports.includes(transport),
  }
}

function stationFacts(station: StationSubject) {
  const { operator, held, workOrders, refused } = station.health().summary
  return {
    operator,
    held,
    work_orders: workOrders.map(({ workOrder, standing }) => ({ work_order: workOrder, standing })),
    refused: refused.map(({ why, count, lastMs }) => ({ why, count, last: utcText(lastMs) })),
  }
}

function portFacts(health: ScannerHealth | undefined) {
  const { discardedBytes = 0, good = 0, bad = 0, late = 0, unsent = 0 } = health?.counts ?? {}
  return {
    state: health?.state ?? ('not-running' as const),
    since: momentOrNull(health?.sinceMs),
    error: health?.error ?? null,
    where: health?.where ?? null,
    remark: health?.remark ?? null,
    last_scan: momentOrNull(health?.lastScanMs),
    counts: { good, bad, late, unsent, discarded_bytes: discardedBytes },
    noticed: (health?.noticed ?? []).map(({ what, count, lastMs }) => ({
      why: what,
      count,
      last: utcText(lastMs),
    })),
  }
}

function momentOrNull(atMs: number | null | undefined): string | null {
  return atMs === null || atMs === undefined ? null : utcText(atMs)
}
