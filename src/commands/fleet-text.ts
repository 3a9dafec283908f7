/** All gateways for people: a line for each, with what is wrong there below it, and the sum at the end, next to the prompt. */
import { printable } from '../domain/errors.ts'
import type { FleetGateway } from '../routes/mes/fleet.ts'
import { counted } from './counted.ts'
import { ageText } from './moments.ts'
import { painter, type Terminal, wrapped } from './terminal.ts'

/** Verdicts that need nobody: a gateway that was stopped on purpose has said so itself. */
const WELL = ['good', 'stopped']
const INDENT = 4
const SECOND_MS = 1_000

/** Whether nobody has to see to any of them. */
export function isWell(fleet: readonly FleetGateway[]): boolean {
  return fleet.every(({ verdict }) => WELL.includes(verdict))
}

/** Whole lines with their ends. */
export function fleetText(fleet: readonly FleetGateway[], terminal: Terminal): string {
  if (fleet.length === 0) return 'no gateway of this organization has been here yet\n'
  const paint = painter(terminal)
  const rows = [HEADINGS, ...fleet.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const lines = rows.flatMap((cells, index) => {
    const gateway = fleet[index - 1]
    if (!gateway) return [line(cells)]
    const colour = WELL.includes(gateway.verdict) ? 'green' : 'red'
    const painted = line(cells).replace(gateway.verdict, paint(colour, gateway.verdict))
    return [
      painted,
      ...troublesOf(gateway).map((text) => wrapped(' '.repeat(INDENT) + text, terminal, INDENT)),
    ]
  })
  return `${lines.join('\n')}\n${sumText(fleet)}\n`
}

const HEADINGS = [
  'verdict',
  'plant',
  'gateway',
  'seen',
  'lag',
  'pending',
  'refused',
  'version',
  'maps',
  'host',
]

function cellsOf(gateway: FleetGateway): readonly string[] {
  const age = (seconds: number | null) => (seconds === null ? '-' : ageText(seconds * SECOND_MS))
  const { verdict, plant_code, gateway_id, silent_s, lag_s, pending, quarantined } = gateway
  const { version, maps_hash, host } = gateway
  return [
    verdict,
    plant_code ?? '-',
    gateway_id,
    silent_s === null ? 'never' : `${age(silent_s)} ago`,
    age(lag_s),
    String(pending ?? '-'),
    String(quarantined),
    version ?? '-',
    maps_hash ?? '-',
    host ?? '-',
  ].map(printable)
}

function troublesOf({ troubles, trouble_count: count }: FleetGateway): readonly string[] {
  const named = troubles ?? []
  const more = (count ?? 0) - named.length
  return [
    ...named.map(({ code, what }) => printable(`${code}: ${what}`)),
    ...(more > 0 ? [`and ${more} more: millrace status there`] : []),
  ]
}

function sumText(fleet: readonly FleetGateway[]): string {
  const kinds = [...Map.groupBy(fleet, ({ verdict }) => verdict)].map(
    ([verdict, of]) => `${of.length} ${verdict}`,
  )
  return `${counted(fleet.length, 'gateway')}: ${kinds.join(', ')}`
}
