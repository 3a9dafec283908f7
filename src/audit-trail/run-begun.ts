/** What the start of a run is in the trail: the start itself, and what it finds to be others than at the last one. */
import { createHmac } from 'node:crypto'
import type { HeldStarts } from './held-starts.ts'
import type { RunBegun } from './messages.ts'
import type { NewRecord, TrailEvent } from './records.ts'
import type { TrailChains } from './trail-chain.ts'

/** The run of the gateway, as the subject of records: which of them is the last says whether it goes on. */
const RUN = 'gateway'
const CONFIGURATION = 'gateway.yaml'
const VERSION = 'version'
const HASH_DIGITS = 16

/** What the end of a run is called in the trail. */
export const RUN_ENDS: ReadonlySet<string> = new Set<TrailEvent>(['gateway-stopped', 'gateway-failed'])

/** The end of a run. */
export function runEnded(atMs: number, failure: string | undefined): NewRecord {
  return {
    ...{ ...OF_THE_GATEWAY, atMs, subject: RUN, state: 'ended', details: '{}' },
    event: failure === undefined ? 'gateway-stopped' : 'gateway-failed',
    what: failure === undefined ? 'the gateway was stopped' : `the gateway ended by a fault: ${failure}`,
  }
}

interface TrailParts {
  readonly chains: TrailChains
  readonly starts: HeldStarts
}

/**
 * @param key of this trail alone: with it the hash of a short value says nothing beside another trail
 * @returns false where the start is one of many, and was only counted
 */
export function recordBeginning({ chains, starts }: TrailParts, run: RunBegun, key: string): boolean {
  const { atMs, version, details, hasLasted } = run
  const own = { ...OF_THE_GATEWAY, atMs }
  const before = chains.lastOf(VERSION)?.state
  const configuration = configurationRecord(chains, run, key)
  const isOther = before !== version || chains.lastOf(CONFIGURATION)?.state !== configuration.state
  if (!hasLasted && !isOther && starts.isLoop(atMs)) {
    starts.hold(atMs)
    return false
  }
  const last = chains.lastOf(RUN)
  if (last?.state === 'runs')
    chains.append({
      ...{ ...own, event: 'gateway-ended-uncleanly', subject: RUN, state: 'ended' },
      what: 'the run before this one ended without a word: it was killed, or the power went',
      details: JSON.stringify({ started: new Date(last.atMs).toISOString() }),
    })
  const what = before == null ? `the version is ${version}` : `the version is ${version}, and was ${before}`
  chains.append({
    ...{ ...own, event: 'gateway-version-changed', subject: VERSION, state: version, what, details: '{}' },
  })
  chains.append(configuration)
  chains.append({
    ...{ ...own, event: 'gateway-started', subject: RUN, state: 'runs', details },
    what: `the gateway was started in version ${version}${heldText(starts.take(), hasLasted)}`,
  })
  return true
}

/** @param isOne whether this start is the last one of those that were held back */
function heldText(held: ReturnType<HeldStarts['take']>, isOne: boolean): string {
  const times = (held?.times ?? 0) - (isOne ? 1 : 0)
  if (!held || times < 1) return ''
  return `, after ${times} starts since ${new Date(held.sinceMs).toISOString()} that ended within a minute`
}

const OF_THE_GATEWAY = { chain: 'gateway', who: null, origin: 'gateway' } as const

/** Which keys have other values. The values themselves are kept as hashes under a key, so that the trail tells nobody what they are. */
function configurationRecord(chains: TrailChains, { atMs, configuration }: RunBegun, key: string): NewRecord {
  const hashOf = (text: string) => createHmac('sha256', key).update(text).digest('hex').slice(0, HASH_DIGITS)
  const keys = Object.fromEntries(
    Object.entries(configuration).map(([name, value]) => [name, hashOf(`${name} ${value}`)]),
  )
  const before = knownKeys(chains)
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(keys)])].toSorted()
  const changed = names.filter((name) => before?.[name] !== keys[name])
  return {
    ...{ ...OF_THE_GATEWAY, atMs, event: 'configuration-changed', subject: CONFIGURATION },
    state: hashOf(JSON.stringify(keys)),
    what: before
      ? `the configuration is another one than at the last start: ${changed.join(', ')}`
      : 'the configuration is recorded from here on',
    details: JSON.stringify({ changed: before ? changed : [], keys }),
  }
}

function knownKeys(chains: TrailChains): Readonly<Record<string, string>> | undefined {
  const last = chains.lastOf(CONFIGURATION)
  if (!last) return undefined
  const { keys } = JSON.parse(last.details) as { readonly keys: Readonly<Record<string, string>> }
  return keys
}
