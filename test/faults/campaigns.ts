/** All campaigns of faults, in the order in which a full round plays them. */
import { parsersCampaign } from '../security/fuzz/campaign.ts'
import { type Campaign, WHEN_ASKED } from './campaign.ts'
import { DAY_CAMPAIGNS } from './day-campaigns.ts'
import { seededRandom } from './faults.ts'
import { floodCampaign } from './flood/campaign.ts'
import { framesCampaign } from './frames/campaign.ts'
import { LOG_CAMPAIGNS } from './log-campaigns.ts'
import { modbusCampaign } from './modbus/campaign.ts'
import { pairCampaign } from './pair/campaign.ts'
import { REAL_CAMPAIGNS } from './real-campaigns.ts'
import { restartsCampaign } from './restarts/campaign.ts'
import { routesCampaign } from './routes/campaign.ts'
import { scanFaults, scansCampaign } from './scans/campaign.ts'
import { seedsCampaign } from './seeds/campaign.ts'
import { sparkplugCampaign } from './sparkplug/campaign.ts'
import { fuzzCampaign, WIRES } from './wire/campaign.ts'

const PAIR_SHORT = { kills: 6, cuts: 3, freezes: 3 }
const PAIR_FULL = { kills: 200, cuts: 50, freezes: 50 }
const ROUTE_KILLS_MIN = 10
const SCANS_PER_ROUTE_KILL = 100

const seeds: Campaign = {
  name: 'seeds',
  summary: 'ten simulated minutes of a plant with each seed; --seeds 1 --from SEED lives one again',
  usual: { short: 100, full: 1_000_000 },
  play: seedsCampaign,
}

const pairs: Campaign = {
  name: 'pairs',
  summary:
    'pairs of gateways for one line at a time, over all 6 kills, 3 cut links and 3 stops; with --full 200, 50 and 50',
  usual: WHEN_ASKED,
  play: (count, { seed, isFull, minutes, evidence }) =>
    pairCampaign(
      {
        ...(isFull ? PAIR_FULL : PAIR_SHORT),
        seed,
        ...(minutes === undefined ? {} : { minutes }),
        ...(evidence === undefined ? {} : { evidence }),
      },
      count,
    ),
}

const WIRE_CAMPAIGNS: readonly Campaign[] = [
  {
    name: 'fuzz',
    summary: `damaged messages on each wire; --wire for one of ${Object.keys(WIRES).join(', ')}`,
    usual: WHEN_ASKED,
    play: (count, { seed, wire }) =>
      fuzzCampaign(wire === undefined ? Object.keys(WIRES) : [wire], seed, count),
  },
  {
    name: 'parsers',
    summary: 'changed recordings at each parser; says how many a second, and what memory they take',
    usual: WHEN_ASKED,
    play: (count, { seed }) => parsersCampaign(count, seed),
  },
  {
    name: 'modbus-reads',
    summary: 'reads of a device of which 40 % of the answers are faulty, over each transport of Modbus',
    usual: WHEN_ASKED,
    play: (count, { seed }) => modbusCampaign(count, seed),
  },
  {
    name: 'restarts',
    summary: 'kills and starts of an OPC UA server below one gateway',
    usual: WHEN_ASKED,
    play: (count, { seed }) => restartsCampaign(count, seededRandom(seed)),
  },
  {
    name: 'sparkplug',
    summary: 'messages of a feed in Sparkplug, with kills of the gateway, the broker and the link',
    usual: WHEN_ASKED,
    play: (count, { seed }) => sparkplugCampaign(count, seed),
  },
]

const SCAN_CAMPAIGNS: readonly Campaign[] = [
  {
    name: 'frames',
    summary: 'scans among noise, as scanners send them',
    usual: WHEN_ASKED,
    play: (count, { seed }) => framesCampaign(count, seed),
  },
  {
    name: 'scans',
    summary: 'scans over four scanners, a kill with each 500, central away for a minute',
    usual: WHEN_ASKED,
    play: (count, { seed }) => scansCampaign(scanFaults(count, seed)),
  },
  {
    name: 'flood',
    summary: 'scans at once, beside bytes without end and a server that ends each connection',
    usual: WHEN_ASKED,
    play: (count) => floodCampaign(count),
  },
  {
    name: 'routes',
    summary: 'scans at each of three stations, for the three example routes, with ten kills or more',
    usual: WHEN_ASKED,
    play: (scans, { seed }) =>
      routesCampaign({
        scans,
        kills: Math.max(ROUTE_KILLS_MIN, Math.ceil(scans / SCANS_PER_ROUTE_KILL)),
        seed,
      }),
  },
]

export const CAMPAIGNS: readonly Campaign[] = [
  ...DAY_CAMPAIGNS,
  ...REAL_CAMPAIGNS,
  ...LOG_CAMPAIGNS,
  seeds,
  pairs,
  ...WIRE_CAMPAIGNS,
  ...SCAN_CAMPAIGNS,
]
