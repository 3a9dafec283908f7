/** Measured values among registers that were recorded without anybody knowing what they mean: two registers that make a number with a fraction. */
import type { WordOrder } from '../../domain/signal.ts'
import type { Track, TrackValue } from '../teach/recording.ts'

/** A machine's current, power or temperature lies in between; two registers with other meanings seldom make one. */
const PLAUSIBLE_MIN = 1e-3
const PLAUSIBLE_MAX = 1e7
/** A number that hardly moves says more as the registers that it is made of. */
const VALUES_MIN = 4

/** The tracks of a scan, with each measured value in place of its two registers: no bit of them says anything by itself. */
export function withFloats(tracks: readonly Track[]): readonly Track[] {
  const found = floatTracks(tracks).toSorted((a, b) => b.track.points.length - a.track.points.length)
  const covered = new Set<string>()
  const kept: Track[] = []
  // Of two that share a register, the one that shows more is the number, and the other one a chance.
  for (const { track, registers } of found) {
    if (registers.some((name) => covered.has(name))) continue
    for (const name of registers) covered.add(name)
    kept.push(track)
  }
  return [...kept, ...tracks.filter(({ name }) => !covered.has(name))]
}

interface FloatTrack {
  readonly track: Track
  readonly registers: readonly string[]
}

function floatTracks(tracks: readonly Track[]): readonly FloatTrack[] {
  const byAddress = new Map(tracks.filter(isScanned).map((track) => [Number(track.keys.at), track]))
  return [...byAddress].flatMap(([at, first]) => {
    const second = byAddress.get(at + 1)
    if (!second) return []
    return floatTrack(first, second, 'ABCD') ?? floatTrack(first, second, 'CDAB') ?? []
  })
}

function isScanned({ isNamed, keys }: Track): boolean {
  return !isNamed && keys.type === 'u16' && /^[34]\d{4,5}$/.test(String(keys.at))
}

function floatTrack(first: Track, second: Track, order: WordOrder): FloatTrack | undefined {
  const [high, low] = order === 'ABCD' ? [first, second] : [second, first]
  const moments = [...new Set([...first.points, ...second.points].map(({ atMs }) => atMs))].toSorted(
    (a, b) => a - b,
  )
  const points: { atMs: number; value: number }[] = []
  for (const atMs of moments) {
    const value = floatOf(valueAt(high, atMs), valueAt(low, atMs))
    // Most pairs of registers are found out to be none at once.
    if (value === undefined || !isPlausible(value)) return undefined
    points.push({ atMs, value })
  }
  if (new Set(points.map(({ value }) => value)).size < VALUES_MIN) return undefined
  const keys = { at: String(first.keys.at), type: 'f32', ...(order !== 'ABCD' && { word_order: order }) }
  const track = { name: `f${first.keys.at}`, kind: 'number', isNamed: false, keys, points } as const
  return { track, registers: [first.name, second.name] }
}

function valueAt({ points }: Track, atMs: number): TrackValue {
  return points.findLast((point) => point.atMs <= atMs)?.value ?? points[0]?.value ?? null
}

function floatOf(high: TrackValue, low: TrackValue): number | undefined {
  if (typeof high !== 'number' || typeof low !== 'number') return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeUInt16BE(high, 0)
  bytes.writeUInt16BE(low, 2)
  return bytes.readFloatBE(0)
}

function isPlausible(value: number): boolean {
  const size = Math.abs(value)
  return value === 0 || (size >= PLAUSIBLE_MIN && size <= PLAUSIBLE_MAX)
}
