/** Campaigns on real processes, real files and a real PostgreSQL beside the days of the whole line. */
import { type AwayPlan, playAway } from './away/campaign.ts'
import { awayDelays, awayFaults, awayFigures } from './away/findings.ts'
import { backlogCampaign } from './backlog/campaign.ts'
import { type Campaign, type CampaignRun, WHEN_ASKED } from './campaign.ts'
import { type CallFaults, callFaults } from './shim/campaign.ts'
import { WHOLE_LIFE } from './shim/lives.ts'
import { canShim } from './shim/shim.ts'
import { soak } from './soak.ts'

export const REAL_CAMPAIGNS: readonly Campaign[] = [
  {
    name: 'calls',
    summary: 'SIGKILLs before, within and after a call by which the log gets to its disk',
    usual: { short: 12, full: 10_000 },
    play: (count, run) => callCampaign('kills', count, run),
  },
  {
    name: 'call-errors',
    summary: 'ENOSPC, EIO or EROFS from such calls',
    usual: { short: 8, full: 1_000 },
    play: (count, run) => callCampaign('errors', count, run),
  },
  {
    name: 'read-errors',
    summary: 'EIO from calls that read the log',
    usual: { short: 4, full: 300 },
    play: (count, run) => callCampaign('read errors', count, run),
  },
  {
    name: 'soak',
    summary: 'minutes with a random fault in each, and how memory grows meanwhile',
    usual: WHEN_ASKED,
    play: (minutes, { seed }) => soak(minutes, seed),
  },
  {
    name: 'backlog',
    summary: 'events that wait: how long a start takes, what memory, and that they drain',
    usual: { short: 0, full: 10_000_000 },
    play: (count) => backlogCampaign(count),
  },
  {
    name: 'away',
    summary:
      'days without central, of 20 machines with an event a second each: the bound of the log, and the drain',
    usual: WHEN_ASKED,
    play: (days, { size = '8GB' }) => awayCampaign({ seconds: days * 86_400, size, bareRows: 200_000 }),
  },
]

async function callCampaign(what: CallFaults, count: number, run: CampaignRun): Promise<boolean> {
  if (!canShim) {
    console.log(`${what} at calls: passed over, because there is no gcc here`)
    return true
  }
  const { lives, calls, findings } = await callFaults(what, count, { ...run, size: WHOLE_LIFE })
  for (const finding of findings) console.log(`  ${finding}`)
  console.log(`${what} at calls: ${lives} lives over ${calls} calls, ${findings.length} findings`)
  return findings.length === 0
}

async function awayCampaign(plan: AwayPlan): Promise<boolean> {
  const found = await playAway(plan)
  for (const figure of awayFigures(plan, found)) console.log(`  ${figure}`)
  const findings = [...awayFaults(found), ...awayDelays(found)]
  for (const finding of findings) console.log(`  finding: ${finding}`)
  console.log(`away: ${findings.length} findings`)
  return findings.length === 0
}
