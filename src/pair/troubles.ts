/** What can be wrong with a pair, as each of its gateways sees it: before a takeover is needed, and not only then. */
import type { Trouble } from '../domain/health.ts'
import type { PairGateway, PairRole } from '../domain/lease.ts'

/** The codes of what can be wrong with a pair. */
const TROUBLES = {
  /** The lease cannot be asked for: the active one records for itself, and a stand-by cannot take over. */
  away: 'pair-lease-away',
  /** This gateway stands by and could not take over, or sees less than it should. */
  unready: 'pair-unready',
  /** More than two gateways have the name of this pair. */
  crowded: 'pair-crowded',
  /** Nobody would take over: the other gateway is not there. */
  alone: 'pair-alone',
  /** The other gateway stands by and could not take over. */
  otherUnready: 'pair-other-unready',
  /** The two have other device maps, and would say other things of their machines. */
  maps: 'pair-maps-differ',
  /** The clock is so far from that of central that the rows of the two would not fit together. */
  clock: 'pair-clock',
} as const

/** A gateway of a pair says how it is every few seconds. */
export const GATEWAY_GONE_MS = 60_000
/** Clocks that are further apart make of one change two. */
const CLOCK_OFFSET_MAX_MS = 1_000
/** A start takes a moment, and so does every device of it. */
const UNREADY_MAX_MS = 30_000

/** A pair as one of its gateways knows it. Moments are in ms since 1970. */
export interface PairView {
  readonly pair: string
  readonly role: PairRole
  readonly leaseMs: number
  readonly nowMs: number
  /** Since when central could not be asked, and why; undefined where it can. */
  readonly away: { readonly sinceMs: number; readonly why: string } | undefined
  readonly unready: { readonly sinceMs: number; readonly why: string } | undefined
  readonly mapsHash: string
  /** As last heard, and when; undefined where central knows of none. */
  readonly other: (PairGateway & { readonly seenAtMs: number }) | undefined
  /** Gateways beside those two that have spoken within a minute, by name. */
  readonly third: readonly string[]
  /** Null before the first connection. */
  readonly clockOffsetMs: number | null
  /** Since when this process runs. */
  readonly startedAtMs: number
}

/** What is wrong now. */
export function pairTroubles(view: PairView): readonly Trouble[] {
  return [...ofThisGateway(view), ...ofTheOther(view), ...ofMore(view)]
}

function ofThisGateway(view: PairView): readonly Trouble[] {
  const { pair, role, away, unready, nowMs, clockOffsetMs, leaseMs, startedAtMs } = view
  const troubles: Trouble[] = []
  if (away && nowMs - away.sinceMs > leaseMs) {
    const means =
      role === 'active'
        ? 'what is recorded meanwhile counts only if the other gateway does not take over'
        : 'this gateway cannot take over'
    const what = `the lease of pair ${pair} cannot be asked for, so ${means}: ${away.why}`
    const hint = 'see to the connection to central; it goes on by itself'
    troubles.push({ code: TROUBLES.away, what, hint, sinceMs: away.sinceMs })
  }
  if (unready && role === 'stand-by' && nowMs - unready.sinceMs > UNREADY_MAX_MS) {
    const what = `this gateway stands by in pair ${pair} and is not ready to take over: ${unready.why}`
    const hint = 'see to these devices before the active gateway is needed elsewhere'
    troubles.push({ code: TROUBLES.unready, what, hint, sinceMs: unready.sinceMs })
  }
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > CLOCK_OFFSET_MAX_MS) {
    const what = `the clock of this gateway and that of central are ${clockOffsetMs} ms apart: at a takeover in pair ${pair} changes would be counted twice`
    troubles.push({
      code: TROUBLES.clock,
      what,
      hint: 'let both gateways and central set their clocks by NTP',
      sinceMs: startedAtMs,
    })
  }
  return troubles
}

function ofTheOther({ pair, role, other, away, nowMs, mapsHash, startedAtMs }: PairView): readonly Trouble[] {
  // Whoever cannot ask knows nothing of the other one.
  if (away) return []
  const seenAtMs = other?.seenAtMs ?? startedAtMs
  if (nowMs - seenAtMs > GATEWAY_GONE_MS) {
    const who = other ? `gateway "${other.gateway}"` : 'a second gateway'
    const what = `pair ${pair} has one gateway only: ${who} ${other ? 'is not there' : 'was never there'}, so nobody would take over`
    const hint = 'start it, or take pair: out of gateway.yaml where there is to be only one'
    return [{ code: TROUBLES.alone, what, hint, sinceMs: seenAtMs }]
  }
  if (!other) return []
  const troubles: Trouble[] = []
  if (role === 'active' && other.unready !== null) {
    const what = `gateway "${other.gateway}" of pair ${pair} is not ready to take over: ${other.unready}`
    troubles.push({ code: TROUBLES.otherUnready, what, hint: 'its own status says more', sinceMs: null })
  }
  if (other.mapsHash !== mapsHash) {
    // A machine of the one that stands by is recorded by the active one, if it has it: of two lines with one name it has not.
    const unrecorded =
      role === 'stand-by'
        ? 'machines that only the maps of this gateway name are recorded by nobody, and after'
        : 'after'
    const what = `the device maps of this gateway and of "${other.gateway}" differ: ${unrecorded} a takeover in pair ${pair} machines would be judged by others`
    const hint =
      'bring the same maps to both (`millrace maps` says which each has), or give the pair of each line another name'
    troubles.push({ code: TROUBLES.maps, what, hint, sinceMs: null })
  }
  return troubles
}

/** Each of them takes over what the others record, and machines that only another one's maps name are recorded by nobody. */
function ofMore({ pair, other, third, away }: PairView): readonly Trouble[] {
  if (away || !other || third.length === 0) return []
  const names = [other.gateway, ...third].map((name) => `"${name}"`).join(' and ')
  const what = `pair ${pair} has more than two gateways: ${names} are in it besides this one, and only one of them all records`
  const hint = 'give each line its own name of pair: in gateway.yaml, and stop a computer that was replaced'
  return [{ code: TROUBLES.crowded, what, hint, sinceMs: null }]
}
