/** Find my value: what the display shows, looked for in the device, and looked at again until one place is left. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { ApiRefusal } from '../../console/refusal.ts'
import { type Area, addressText, isBitArea, parseModbusAddress } from '../../drivers/modbus/address.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { parseOpcUaAddress } from '../../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import { OBJECTS } from '../../drivers/opcua/explore/explorer.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { type Displayed, readDisplayed } from '../../workbench/display.ts'
import { confirmNodes, type FoundNode, nodeName, nodesShowing } from '../../workbench/nodes/find.ts'
import { walk } from '../../workbench/nodes/walk.ts'
import { matchKeys } from '../../workbench/registers/candidates.ts'
import {
  confirmRegisters,
  type FoundPlace,
  type FoundValue,
  searchRegisters,
} from '../../workbench/registers/find.ts'
import type { RegisterRange } from '../../workbench/registers/scan.ts'
import { type Asked, askedDevice, bounded, orRefusal } from './asked.ts'
import { type ConnectParts, driverContext } from './parts.ts'
import type { FoundPlaces, findAsk } from './shapes.ts'

/** Without a range: most devices have their values among these. */
const FIRST_REGISTERS = 200
const RANGE_MAX = 2_000
/** Quiet time before each request, so that a small PLC has time for its own work. */
const PAUSE_MS = 20
const NODES = { depth: 10, nodesMax: 5_000 } as const
const SHOWN_MAX = 100
const KEPT_MS = 10 * 60_000
const KEPT_MAX = 20

type Found =
  | { readonly kind: 'registers'; readonly value: FoundValue }
  | {
      readonly kind: 'nodes'
      readonly nodes: readonly FoundNode[]
      readonly searched: string
      readonly isCut: boolean
    }

interface Search {
  readonly asked: Asked
  readonly who: string
  readonly found: Found
  readonly untilMs: number
}

/** The searches of the last minutes, of whoever began them. */
export class Searches {
  readonly #parts: ConnectParts
  readonly #kept = new Map<string, Search>()

  constructor(parts: ConnectParts) {
    this.#parts = parts
  }

  async begin(
    { device, shows, from, to }: z.output<typeof findAsk>,
    who: string,
    caller: AbortSignal,
  ): Promise<FoundPlaces> {
    const signal = bounded(caller)
    return await orRefusal(async () => {
      const asked = askedDevice(device, this.#parts)
      const displayed = readDisplayed(shows)
      const found = await this.#find({ asked, displayed, from, to, signal })
      const id = randomUUID()
      this.#keep(id, { asked, who, found })
      return onWire(id, found)
    })
  }

  async again(id: string, shows: string | undefined, who: string, caller: AbortSignal): Promise<FoundPlaces> {
    const signal = bounded(caller)
    const search = this.#kept.get(id)
    if (!search || search.who !== who || search.untilMs < this.#parts.clock.now().monoMs)
      throw new ApiRefusal(404, 'connect-search', 'this search is over', { hint: 'search again' })
    return await orRefusal(async () => {
      const found = await this.#confirm(
        search,
        shows === undefined ? undefined : readDisplayed(shows),
        signal,
      )
      this.#keep(id, { ...search, found })
      return onWire(id, found)
    })
  }

  #keep(id: string, search: Omit<Search, 'untilMs'>): void {
    const now = this.#parts.clock.now().monoMs
    this.#kept.set(id, { ...search, untilMs: now + KEPT_MS })
    for (const [other, { untilMs }] of this.#kept)
      if (untilMs < now || this.#kept.size > KEPT_MAX) this.#kept.delete(other)
  }

  async #find({ asked, displayed, from, to, signal }: Wanted): Promise<Found> {
    const { driver, name, settings } = asked
    const context = driverContext(this.#parts)
    if (isModbusDriver(driver)) {
      const ranges = rangesOf(from, to, settings as ModbusSettings)
      await using unit = await driver.openUnit(name, patient(settings as ModbusSettings), context, signal)
      return { kind: 'registers', value: await searchRegisters(unit, ranges, displayed) }
    }
    if (!isOpcUaDriver(driver))
      throw new ApiRefusal(422, 'connect-find', `nothing can be searched in ${driver.protocol}`)
    const below = from === undefined ? OBJECTS : parseOpcUaAddress(from)
    await using explorer = await driver.explore(name, settings as OpcUaSettings, context, signal)
    const { nodes, isCut } = await walk(explorer, below, NODES)
    return { kind: 'nodes', nodes: nodesShowing(nodes, displayed), searched: `${nodes.length} nodes`, isCut }
  }

  async #confirm({ asked, found }: Search, then: Displayed | undefined, signal: AbortSignal): Promise<Found> {
    const { driver, name, settings } = asked
    const context = driverContext(this.#parts)
    if (found.kind === 'registers' && isModbusDriver(driver)) {
      await using unit = await driver.openUnit(name, patient(settings as ModbusSettings), context, signal)
      return { kind: 'registers', value: await confirmRegisters(unit, found.value, then) }
    }
    if (found.kind !== 'nodes' || !isOpcUaDriver(driver)) return found
    await using explorer = await driver.explore(name, settings as OpcUaSettings, context, signal)
    return { ...found, nodes: await confirmNodes(explorer, found.nodes, then) }
  }
}

interface Wanted {
  readonly asked: Asked
  readonly displayed: Displayed
  readonly from: string | undefined
  readonly to: string | undefined
  readonly signal: AbortSignal
}

function patient(settings: ModbusSettings): ModbusSettings {
  return { ...settings, pauseMs: Math.max(settings.pauseMs, PAUSE_MS) }
}

function rangesOf(
  from: string | undefined,
  to: string | undefined,
  settings: ModbusSettings,
): readonly RegisterRange[] {
  if (from === undefined) {
    if (to !== undefined) throw rangeRefusal('the last address needs the first one')
    const areas: readonly Area[] = ['holding', 'input']
    return areas.map((area) => ({ area, start: 0, count: FIRST_REGISTERS }))
  }
  const first = parseModbusAddress(from, {}, settings)
  if (isBitArea(first.area))
    throw rangeRefusal('a bit is on or off in too many places: record it in a teach-in')
  const last = to === undefined ? undefined : parseModbusAddress(to, {}, settings)
  const count = last ? last.wire - first.wire + 1 : Math.min(FIRST_REGISTERS, 0x10000 - first.wire)
  if ((last && last.area !== first.area) || count < 1)
    throw rangeRefusal('write two addresses of one area, the lower one first')
  if (count > RANGE_MAX) throw rangeRefusal(`${count} addresses are too many at once: at most ${RANGE_MAX}`)
  return [{ area: first.area, start: first.wire, count }]
}

function rangeRefusal(what: string): ApiRefusal {
  return new ApiRefusal(422, 'connect-range', what)
}

function onWire(search: string, found: Found): FoundPlaces {
  if (found.kind === 'nodes') {
    const { nodes, searched, isCut } = found
    return {
      search,
      searched: [searched],
      places: nodes.slice(0, SHOWN_MAX).map(nodePlace),
      is_cut: isCut || nodes.length > SHOWN_MAX,
    }
  }
  const { places, searched } = found.value
  return {
    search,
    searched: searched.map(searchedText),
    places: places.slice(0, SHOWN_MAX).map(registerPlace),
    is_cut: places.length > SHOWN_MAX,
  }
}

function searchedText({ range, readable, why }: FoundValue['searched'][number]): string {
  const { area, start, count } = range
  const rest = why === undefined ? '' : `: ${why}`
  return `${readable} of ${count} ${area} registers from ${addressText({ area, wire: start })}${rest}`
}

function registerPlace(place: FoundPlace): FoundPlaces['places'][number] {
  const { area, wire, shown, later, confirmation = null, doubt } = place
  const at = later === undefined ? null : String(later)
  const keys = matchKeys(place)
  return {
    address: addressText({ area, wire }),
    shown: String(shown),
    later: at,
    confirmation,
    doubt,
    signal: { name: 'value', keys },
  }
}

function nodePlace({ node, scale, shown, later, doubt }: FoundNode): FoundPlaces['places'][number] {
  const keys = { node: node.node, ...(scale !== 1 && { scale }) }
  const confirmation = later === undefined ? null : later === shown ? 'same' : 'moved'
  return {
    address: node.node,
    shown,
    later: later ?? null,
    confirmation,
    doubt,
    signal: { name: nodeName(node.name), keys },
  }
}
