/** Three stations, one for each of the example routes, and what people scan there: one round after the other. */
import type { OrganizationSeed } from '../../../simulators/central/mes.ts'
import type { ScannerCable } from '../../../simulators/scanner/cable.ts'
import { GOOD, type Hand } from '../scans/hand.ts'

export interface RouteStation {
  readonly scanner: 'WIP' | 'ORDER' | 'CLOUD'
  readonly hasBadges: boolean
  map(cable: ScannerCable): string
  /** What is done over and over. */
  round(hand: Hand): Promise<void>
}

const BADGE_MATCH = String.raw`badge: '^BADGE-(?<employee_code>\d+)$'`
/** Whose badge it is: the first user of the organization. */
export const OPERATOR = 1
const ORDERS = Array.from({ length: 40 }, (_, index) => `WO-${5_001 + index}`)
/** Whoever hears nothing scans again within this time; it counts as the same scan. */
const SAME_SCAN_MS = 20_000

export const ROUTES_PLANT: OrganizationSeed = {
  code: 'SAV',
  plant: 'SAV-1',
  machines: ['PRESS-07'],
  badges: ['4711', '4712'],
  workOrders: ORDERS,
}

/** The tables of the three sites know these. */
export const SITE_DATA = {
  wip: `SET search_path = wip;
    INSERT INTO users VALUES (${OPERATOR}, 'first');
    INSERT INTO locations VALUES ('STORE', 'A');
    INSERT INTO parts (part_id, description)
      SELECT 'MAT-' || lpad(n::text, 6, '0'), 'a part' FROM generate_series(1, 20000) AS n;
    INSERT INTO inventory (part_id, location, quantity) SELECT part_id, 'STORE', 5 FROM parts;
    INSERT INTO error_log (severity, method_name, error_message) VALUES ('error', 'usr_login', 'from before the gateway came')`,
  scheduling: `SET search_path = scheduling;
    INSERT INTO organizations (code, name) VALUES ('SAV', 'SAV');
    INSERT INTO plants (organization_id, code, name) VALUES (1, 'SAV-1', 'Plant 1');
    INSERT INTO users (username, mes_user_id) VALUES ('first', ${OPERATOR});
    INSERT INTO work_orders (plant_id, work_order_number, quantity)
      SELECT 1, 'WO-' || n, 10 FROM generate_series(5001, 5040) AS n;
    INSERT INTO operations (work_order_id, operation_number, sequence) SELECT id, work_order_number, 10 FROM work_orders`,
  'device-cloud': `SET search_path = device_cloud;
    INSERT INTO users (email, name, oauth_id) VALUES ('first@example.com', 'First', 'mes-${OPERATOR}')`,
} as const

function head(scanner: string, cable: ScannerCable): string {
  return `scanner: ${scanner}
port: {tcp: "${cable.address}"}
ack: {good: "47", bad: "42"}
`
}

/** Materials, each once; one in eight is none that the site has. */
const wip: RouteStation = {
  scanner: 'WIP',
  hasBadges: false,
  map: (cable) => `${head('WIP', cable)}frame: {dedupe: 120s}
operator: {without: {station_user: ${OPERATOR}}}
rules:
  - {match: '^!(CANCEL)$', is: command}
  - {match: '^(MAT|BAD)-', is: label}
`,
  round: async (hand) => {
    const kind = hand.random() < 0.125 ? 'BAD-#' : 'MAT-#'
    await hand.insist(hand.code(kind), SAME_SCAN_MS)
  },
}

/** Which order each command was scanned with. */
export const orderOf = new Map<string, string>()

/** Work orders and what is done with them, also where it cannot be done. */
const order: RouteStation = {
  scanner: 'ORDER',
  hasBadges: true,
  map: (cable) => `${head('ORDER', cable)}operator: {${BADGE_MATCH}, without: reject}
rules:
  - {match: '^!(?<word>START|PAUSE|RESUME|COMPLETE|CANCEL)(:\\d+)?$', is: command}
  - {match: '^(?<wo>WO-\\d+):\\d+$', is: work_order, lookup: work_orders.work_order_number}
`,
  round: async (hand) => {
    // A command would be taken for the order that was scanned before.
    if ((await hand.scan('!CANCEL', { isCounted: false })) !== GOOD) return
    const number = pick(ORDERS, hand)
    for (const word of ['START', 'PAUSE', 'RESUME', 'COMPLETE']) {
      if (hand.random() < 0.1) continue
      const command = hand.code(`!${word}:#`)
      orderOf.set(command, number)
      // The same code again would be a repeat.
      await hand.group([command], { code: hand.code(`${number}:#`), isCounted: false })
    }
  },
}

/** The same things again and again. */
const cloud: RouteStation = {
  scanner: 'CLOUD',
  hasBadges: false,
  map: (cable) => `${head('CLOUD', cable)}frame: {dedupe: 1ms}
operator: {without: {station_user: ${OPERATOR}}}
rules:
  - {match: '^!(CANCEL)$', is: command}
  - {match: '^SHP-', is: shipment}
`,
  round: async (hand) => {
    await hand.scan(`SHP-${Math.floor(hand.random() * 400)}`)
  },
}

export const ROUTE_STATIONS: readonly RouteStation[] = [wip, order, cloud]

function pick<T>(choices: readonly T[], { random }: Hand): T {
  return choices[Math.floor(random() * choices.length)] as T
}
