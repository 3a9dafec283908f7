/** Campaigns on real processes, real files and a real PostgreSQL beside the days of the whole line. */
import { backlogCampaign } from './backlog/campaign.ts'
import { type CallFaults, callFaults } from './shim/campaign.ts'
import { WHOLE_LIFE } from './shim/lives.ts'
import { canShim } from './shim/shim.ts'
import { soak } from './soak.ts'

export const REAL_OPTIONS = ['calls', 'call-errors', 'read-errors', 'soak', 'backlog'] as const
type Option = (typeof REAL_OPTIONS)[number]

const CALLS: Readonly<Partial<Record<Option, CallFaults>>> = {
  calls: 'kills',
  'call-errors': 'errors',
  'read-errors': 'read errors',
}

/** How many, where nobody says: in a short round, and with `--full`. A soak is asked for by its minutes. */
const USUAL: Readonly<Record<Option, { readonly short: number; readonly full: number }>> = {
  calls: { short: 12, full: 10_000 },
  'call-errors': { short: 8, full: 1_000 },
  'read-errors': { short: 4, full: 300 },
  soak: { short: 0, full: 0 },
  backlog: { short: 0, full: 10_000_000 },
}

/** @param named the campaign that was asked for alone @returns whether none found anything */
export async function realCampaigns(
  values: { readonly [Name in Option]?: string | undefined } & { readonly full: boolean },
  { named, seed, isOver }: { named: string | undefined; seed: number; isOver: () => boolean },
): Promise<boolean> {
  let clean = true
  for (const option of REAL_OPTIONS) {
    const isMeant = named === undefined || named === option
    const count = Number(values[option] ?? (isMeant ? USUAL[option][values.full ? 'full' : 'short'] : 0))
    if (count > 0 && !isOver()) clean = (await play(option, count, { seed, isOver })) && clean
  }
  return clean
}

async function play(
  option: Option,
  count: number,
  limits: { readonly seed: number; readonly isOver: () => boolean },
): Promise<boolean> {
  if (option === 'soak') return await soak(count, limits.seed)
  if (option === 'backlog') return await backlogCampaign(count)
  const what = CALLS[option] ?? 'kills'
  if (!canShim) {
    console.log(`${option}: passed over, because there is no gcc here`)
    return true
  }
  const { lives, calls, findings } = await callFaults(what, count, { ...limits, size: WHOLE_LIFE })
  for (const finding of findings) console.log(`  ${finding}`)
  console.log(`${option}: ${lives} lives over ${calls} calls, ${findings.length} findings`)
  return findings.length === 0
}
