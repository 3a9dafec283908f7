/**
 * What three sites must have by what people were told: made from the codes that were scanned and the beeps that were heard, with
 * nothing of the gateway. One line for each disagreement.
 */
import { createHash } from 'node:crypto'
import type { TestCentral } from '../../support/central.ts'
import type { Told } from '../scans/hand.ts'
import { OPERATOR, orderOf } from './stations.ts'

/** The codes of each station, each with what whoever scanned it may rely on. */
export type ToldBy = Readonly<Record<'WIP' | 'ORDER' | 'CLOUD', Told>>

const WORDS: Readonly<Record<string, string>> = {
  START: 'START',
  PAUSE: 'PAUSE',
  RESUME: 'RESUME',
  COMPLETE: 'STOP',
}

export async function disagreements(central: TestCentral, told: ToldBy): Promise<readonly string[]> {
  return [
    ...(await wipFindings(central, told)),
    ...(await schedulingFindings(central, told)),
    ...(await cloudFindings(central, told)),
  ]
}

/** Each known part once, with all that was scanned of it, and the stock less by it; each unknown one set aside with its reason. */
async function wipFindings(central: TestCentral, { WIP: codes }: ToldBy): Promise<readonly string[]> {
  const rows = await central.sql<{ code: string; right: boolean; stock: number }>(`
    SELECT t.part_id AS code, i.quantity AS stock,
      t.transaction_type = 'OUT' AND t.location = 'STORE' AND t.quantity = 1 AND t.user_id = ${OPERATOR}
        AND abs(extract(epoch FROM t.received_at - s.scanned_at)) < 0.001 AS right
    FROM wip.transactions t
    JOIN wip.inventory i USING (part_id, location)
    LEFT JOIN public.qr_code_scans s ON s.qr_code_data = t.part_id`)
  const refused = await central.sql<{ code: string; reason: string }>(`
    SELECT event->>'data' AS code, reason FROM edge_gateway.quarantine
    WHERE gateway_id = 'edge-1/wip-inventory' AND released_at IS NULL`)
  const log = await central.sql('SELECT error_message FROM wip.error_log')
  const parts = new Map([...codes].filter(([code]) => code.startsWith('MAT-')))
  const others = new Map([...codes].filter(([code]) => code.startsWith('BAD-')))
  return [
    ...counted('wip.transactions', parts, rows),
    ...rows
      .filter(({ right }) => !right)
      .map(({ code }) => `wip.transactions: ${code} is not as it was scanned`),
    ...rows
      .filter(({ stock }) => stock !== 4)
      .map(({ code, stock }) => `wip.inventory: ${stock} left of ${code}`),
    ...counted('set aside by wip-inventory', others, refused),
    ...refused
      .filter(({ code, reason }) => !reason.includes(`there is no part ${code}`))
      .map(({ code, reason }) => `wip-inventory set ${code} aside because of: ${reason}`),
    ...(log.length === 1 ? [] : [`wip.error_log has ${log.length} rows, and had 1`]),
  ]
}

/** Each command that was confirmed once, of the operation that was scanned with it. */
async function schedulingFindings(
  central: TestCentral,
  { ORDER: codes }: ToldBy,
): Promise<readonly string[]> {
  const rows = await central.sql<{ code: string; type: string; order: string; right: boolean }>(`
    SELECT t.attributes->>'data' AS code, t.timestamp_type AS type, o.operation_number AS "order",
      t.workstation = 'ORDER' AND u.username = 'first'
        AND abs(extract(epoch FROM t.recorded_at - s.scanned_at)) < 0.001 AS right
    FROM scheduling.operation_timestamps t
    JOIN scheduling.operations o ON o.id = t.operation_id
    LEFT JOIN scheduling.users u ON u.id = t.operator_id
    LEFT JOIN public.qr_code_scans s ON s.qr_code_data = t.attributes->>'data'`)
  const commands = new Map([...codes].filter(([code]) => orderOf.has(code)))
  return [
    ...counted('scheduling.operation_timestamps', commands, rows),
    ...rows.flatMap(({ code, type, order, right }) => {
      const word = WORDS[/^!(\w+)/.exec(code)?.[1] ?? '']
      if (type === word && order === orderOf.get(code) && right) return []
      return [`scheduling.operation_timestamps: ${code} of ${orderOf.get(code)} is ${type} of ${order}`]
    }),
  ]
}

/** The same request once, however often it was scanned, under the hash of what it says. */
async function cloudFindings(central: TestCentral, { CLOUD, WIP }: ToldBy): Promise<readonly string[]> {
  const rows = await central.sql<{ hash: string; device: string; type: string; first: boolean; by: string }>(`
    SELECT r.payload_hash AS hash, r.device_id AS device, r.request_type AS type, u.name AS by,
      r.status = 'pending' AND EXISTS (SELECT FROM public.qr_code_scans s
        WHERE abs(extract(epoch FROM s.scanned_at AT TIME ZONE 'UTC' - r.created_at)) < 0.001) AS first
    FROM device_cloud.requests r LEFT JOIN device_cloud.users u ON u.id = r.created_by`)
  const requests = [...CLOUD, ...WIP].map(([code, word]) => {
    const [device, scanType] = CLOUD.has(code) ? ['CLOUD', 'shipment'] : ['WIP', 'label']
    const hash = createHash('sha256')
      .update(JSON.stringify([device, scanType, code, null]))
      .digest('hex')
    return { code, word, hash, device, type: scanType === 'label' ? 'get_parts' : 'update_inventory' }
  })
  const byHash = new Map(requests.map((request) => [request.hash, request]))
  const told: Told = new Map(requests.map(({ code, word }) => [code, word]))
  const found = rows.map((row) => ({ ...row, code: byHash.get(row.hash)?.code ?? row.hash }))
  return [
    ...counted('device_cloud.requests', told, found),
    ...found.flatMap(({ code, hash, device, type, first, by }) => {
      const request = byHash.get(hash)
      const isRight = request?.device === device && request.type === type && first && by === 'First'
      return isRight ? [] : [`device_cloud.requests: ${code} is ${type} of ${device} by ${by}`]
    }),
  ]
}

/** What was confirmed is there once, what was refused never, and nothing twice. */
function counted(where: string, told: Told, rows: readonly { readonly code: string }[]): readonly string[] {
  const times = new Map<string, number>()
  for (const { code } of rows) times.set(code, (times.get(code) ?? 0) + 1)
  const wrong = [...told].flatMap(([code, word]) => {
    const count = times.get(code) ?? 0
    if (word === 'good' && count !== 1)
      return [`${where}: ${code} was confirmed, and is there ${count} times`]
    if (word === 'bad' && count > 0) return [`${where}: ${code} was refused, and is there`]
    return count > 1 ? [`${where}: ${code} got no answer, and is there ${count} times`] : []
  })
  const unknown = [...times.keys()].filter((code) => !told.has(code))
  return [...wrong, ...unknown.map((code) => `${where}: ${code} is there, and nobody scanned it`)]
}
