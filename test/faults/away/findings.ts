/** What is wrong with a played time without central, and its figures. */
import type { AwayFound, AwayPlan } from './campaign.ts'

const START_MAX_MS = 10_000
const STORED_MAX_MS = 5_000
const LANDED_MAX_MS = 5_000
const SHARE_MIN = 0.9
/** What a write-ahead log may take beside the file, and one commit beyond the bound. */
const BESIDE_MAX_BYTES = 20 * 1024 ** 2

/** Whatever else a computer does at the time: nothing lost, nothing doubled, nothing out of order, and no more than the bound. */
export function awayFaults({ written, maxBytes, toldFull, landed, code }: AwayFound): readonly string[] {
  const { events, oldest, bytesMax, refusal } = written
  const rows = events / 2
  return [
    ...(bytesMax > maxBytes + BESIDE_MAX_BYTES ? [`the log took ${bytesMax} of ${maxBytes} bytes`] : []),
    ...(oldest === 1 ? [] : [`the events before ${oldest} are gone`]),
    ...((refusal === null) === toldFull ? [`the log says "${refusal}", and status another thing`] : []),
    ...(landed.rows === rows ? [] : [`${landed.rows} rows landed of ${rows}`]),
    ...(landed.outOfOrder === 0 ? [] : [`${landed.outOfOrder} rows are doubled or out of order`]),
    ...(landed.unended === 0 ? [] : [`${landed.unended} rows have no end`]),
    ...(code === 0 ? [] : [`the gateway ended with ${code}`]),
  ]
}

/** On a quiet computer. */
export function awayDelays({
  startMs,
  gatewayRate,
  bareRate,
  storedMs,
  landedMs,
}: AwayFound): readonly string[] {
  const stored = Math.max(...storedMs.draining, storedMs.after)
  return [
    ...(startMs > START_MAX_MS ? [`the start took ${Math.round(startMs)} ms`] : []),
    ...(gatewayRate < bareRate * SHARE_MIN ? ['it drains slower than 0.9 of bare inserts'] : []),
    ...(stored > STORED_MAX_MS ? [`a change was in the log after ${stored} ms`] : []),
    ...(landedMs.after > LANDED_MAX_MS ? [`a change was in central after ${landedMs.after} ms`] : []),
  ]
}

export function awayFigures({ seconds, size }: AwayPlan, found: AwayFound): readonly string[] {
  const { written, startMs, peakMb, drainSeconds, gatewayRate, bareRate, storedMs, landedMs, said } = found
  const draining = storedMs.draining.toSorted((a, b) => a - b)
  const at = (share: number) => draining[Math.floor((draining.length - 1) * share)] ?? 0
  return [
    `${days(written.events / 20)} of ${days(seconds)} days are in the log of ${size}: ${written.events} events, ` +
      `file and write-ahead log ${megabytes(written.bytesMax)} at most, written at ${Math.round(written.events / written.seconds)} events/s`,
    `then: ${written.refusal ?? 'it was not full'}`,
    `start ${Math.round(startMs)} ms, RSS ${Math.round(peakMb)} MB at most`,
    `drained in ${Math.round(drainSeconds)} s at ${Math.round(written.events / drainSeconds)} events/s, ${Math.round(gatewayRate)} rows/s, ` +
      `${(gatewayRate / bareRate).toFixed(2)} of bare inserts at ${Math.round(bareRate)} rows/s`,
    `from a change to the local log: ${at(0.5)} ms (p50), ${at(0.99)} ms (p99), ${at(1)} ms at most while it drained, of ${draining.length}; ` +
      `${storedMs.after} ms at most behind it; ${storedMs.alone} ms for what waited for room`,
    `from a change to central: up to ${Math.round(landedMs.draining / 1_000)} s behind the backlog, ${landedMs.after} ms at most once it was gone`,
    ...said,
  ]
}

function days(seconds: number): string {
  return (seconds / 86_400).toFixed(2)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
