/** Four stations that differ in their maps, and what people do at each: one round after the other. */

import type { OrganizationSeed } from '../../../simulators/central/mes.ts'
import type { ScannerCable } from '../../../simulators/scanner/cable.ts'
import { GOOD, type Hand, type Told } from './hand.ts'

export interface Station {
  readonly scanner: string
  readonly cable: 'tcp' | 'pty'
  /** Whether somebody must badge in there. */
  readonly hasBadges: boolean
  map(cable: ScannerCable): string
  /** What is done over and over. */
  round(hand: Hand): Promise<void>
}

export const BADGE = 'BADGE-4711'
const ORDERS = Array.from({ length: 40 }, (_, index) => `WO-${5_001 + index}`)
/** The first user of the organization that the campaign seeds. */
const STATION_USER = 1
const SAME_SCAN_MS = 6_000

export const CAMPAIGN_PLANT: OrganizationSeed = {
  code: 'SAV',
  plant: 'SAV-1',
  machines: ['PRESS-07'],
  badges: ['4711', '4712'],
  workOrders: ORDERS,
}

function head(scanner: string, cable: ScannerCable): string {
  const port = cable.address.startsWith('/') ? `serial: ${cable.address}` : `tcp: "${cable.address}"`
  return `scanner: ${scanner}
port: {${port}}
ack: {good: "47", bad: "42"}
`
}

const BADGES = String.raw`badge: '^BADGE-(?<employee_code>\d+)$'`

/** What is scanned before the badge waits for it. */
const asking: Station = {
  scanner: 'ASK',
  cable: 'tcp',
  hasBadges: true,
  map: (cable) => `${head('ASK', cable)}operator: {${BADGES}, without: ask, ask: 60s}
rules:
  - {match: '^!(LOGOUT|CANCEL)$', is: command}
  - {match: '^BOX-', is: box}
`,
  round: async (hand) => {
    if ((await hand.scan('!LOGOUT', { isCounted: false })) !== GOOD) return
    const held = Array.from({ length: 1 + Math.floor(hand.random() * 3) }, () => hand.code('BOX-ASK-#'))
    if (hand.random() < 0.1) await hand.scan('BADGE-9999', { isCounted: false })
    await hand.group(held, { code: BADGE, isCounted: false })
    for (let more = Math.floor(hand.random() * 8); more > 0; more -= 1)
      await hand.scan(hand.code('BOX-ASK-#'))
  },
}

/** Nobody badges in; whoever hears nothing scans again. */
const hasty: Station = {
  scanner: 'HASTY',
  cable: 'pty',
  hasBadges: false,
  map: (cable) => `${head('HASTY', cable)}frame: {dedupe: 60s}
operator: {without: {station_user: ${STATION_USER}}}
rules:
  - {match: '^!(CANCEL)$', is: command}
  - {match: '^BOX-', is: box}
`,
  round: async (hand) => void (await hand.insist(hand.code('BOX-HASTY-#'), SAME_SCAN_MS)),
}

/** Labels with two barcodes; what comes before the badge is refused. */
const labelling: Station = {
  scanner: 'LABEL',
  cable: 'tcp',
  hasBadges: true,
  map: (cable) => `${head('LABEL', cable)}operator: {${BADGES}, without: reject}
rules:
  - {match: '^!(LOGOUT|CANCEL)$', is: command}
  - {match: '^P-', is: receipt, part: article, collect: [article, serial], within: 20s}
  - {match: '^S-', is: receipt, part: serial, collect: [article, serial], within: 20s}
`,
  round: async (hand) => {
    if ((await hand.scan('!LOGOUT', { isCounted: false })) !== GOOD) return
    await hand.scan(hand.code('P-LABEL-#'))
    if ((await hand.scan(BADGE, { isCounted: false })) !== GOOD) return
    for (let more = 1 + Math.floor(hand.random() * 8); more > 0; more -= 1) await label(hand)
  },
}

/** Now and then the barcodes of two labels are mixed, which is refused. */
async function label(hand: Hand): Promise<void> {
  await hand.beginAgain()
  const second = hand.random() < 0.15 ? 'P-LABEL-#' : 'S-LABEL-#'
  await hand.group([hand.code('P-LABEL-#')], { code: hand.code(second), isCounted: true })
}

/** Work orders and what is done with them, in either order, also where it cannot be done. */
const ordering: Station = {
  scanner: 'ORDER',
  cable: 'pty',
  hasBadges: true,
  map: (cable) => `${head('ORDER', cable)}operator: {${BADGES}, without: reject}
rules:
  - {match: '^!(?<word>START|PAUSE|RESUME|COMPLETE|CANCEL)(:\\d+)?$', is: command}
  - {match: '^(?<wo>WO-\\d+):\\d+$', is: work_order, lookup: work_orders.work_order_number}
`,
  round: async (hand) => {
    if ((await hand.scan(BADGE, { isCounted: false })) !== GOOD) return
    for (let more = 1 + Math.floor(hand.random() * 8); more > 0; more -= 1) {
      // A command would be taken for the order that was scanned before.
      if ((await hand.scan('!CANCEL', { isCounted: false })) !== GOOD) return
      const order = hand.code(`${pick(ORDERS, hand)}:#`)
      const command = hand.code(`!${pick(['START', 'START', 'PAUSE', 'RESUME', 'COMPLETE'], hand)}:#`)
      if (hand.random() < 0.5) await hand.group([command], { code: order, isCounted: true })
      else if ((await hand.scan(order)) === GOOD) await hand.scan(command)
    }
  },
}

export const STATIONS: readonly Station[] = [asking, hasty, labelling, ordering]

function pick<T>(choices: readonly T[], { random }: Hand): T {
  return choices[Math.floor(random() * choices.length)] as T
}

/** What central has otherwise than people were told, one line each. */
export function disagreements(told: Told, rows: ReadonlyMap<string, number>): readonly string[] {
  const wrong = [...told].flatMap(([code, word]) => {
    const count = rows.get(code) ?? 0
    if (word === 'good' && count !== 1) return [`${code} was confirmed, and is there ${count} times`]
    if (word === 'bad' && count > 0) return [`${code} was refused, and is there`]
    return count > 1 ? [`${code} got no answer, and is there ${count} times`] : []
  })
  const unknown = [...rows.keys()].filter((code) => !told.has(code))
  return [...wrong, ...unknown.map((code) => `${code} is there, and nobody scanned it`)]
}
