/** The tiles of the line as the stream of the gateway keeps them up to date. */
import { useRef, useState } from 'preact/hooks'
import type { LineChange, LineOnWire, LineTile } from '../../../../src/api/line/shapes.ts'
import { get } from '../../api/client.ts'
import { useStream } from '../../api/stream.ts'

type Tiles = ReadonlyMap<string, LineTile>

/** All machines, in the order of their codes; undefined until the first answer. */
export function useLine(): readonly LineTile[] | undefined {
  const [tiles, setTiles] = useState<Tiles>()
  const turn = useRef(0)
  const take = (change: LineChange) => {
    const isNext = change.is_whole || change.turn === turn.current + 1
    turn.current = change.turn
    setTiles((before) => withChange(before ?? new Map(), change))
    // A slow link leaves turns out: then the whole line is asked for.
    if (!isNext) void reload().catch(() => undefined)
  }
  const reload = async () => {
    const { machines } = await get<LineOnWire>('/line')
    setTiles(new Map(machines.map((tile) => [tile.machine, tile])))
  }
  useStream<LineChange>('/line/events', take)
  return tiles && [...tiles.values()].toSorted((a, b) => compareCodes(a.machine, b.machine))
}

/** `PRESS-2` stands before `PRESS-10`. */
export function compareCodes(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function withChange(before: Tiles, { is_whole, machines, gone }: LineChange): Tiles {
  const tiles = new Map(is_whole ? [] : before)
  for (const tile of machines) tiles.set(tile.machine, tile)
  for (const machine of gone) tiles.delete(machine)
  return tiles
}
