/**
 * Finds machines that another gateway writes rows of as well: a card was cloned and the copy given another name, or a map was copied
 * and left. Each of their rows is in central twice then, and neither gateway can see it in its own log.
 *
 * Both write down in `edge_gateway.machine` from when to when they wrote. Two gateways of which one has taken a machine over from the
 * other have written one after the other; only where these times overlap, both have the machine now.
 */
import { escapeLiteral } from 'pg'
import type { Trouble } from '../../domain/health.ts'
import type { Stream } from '../../postgres/stream.ts'
import type { MesTarget } from './target.ts'

/** Behind the name of the route: `central-claimed`. */
const TROUBLES = { claimed: 'claimed' } as const

/** Whoever has written nothing for so long counts as having stopped. */
const STOPPED_MINUTES = 30
/** More machines than this are only counted. */
const NAMED_MAX = 5

/** A machine, and another gateway that writes it too. */
interface Claim {
  readonly gateway: string
  readonly id: number
  readonly machine: string
  readonly sinceMs: number
}

/** What other gateways claim, as last seen; make one for each link. */
export class Claims {
  /** A statement without parameters; its rows go to `take`. */
  readonly text: string
  readonly #target: MesTarget
  #found: readonly Claim[] = []
  /** Incidents that are written down at central, by machine and gateway. */
  readonly #recorded = new Set<string>()

  /** @param pair that of this gateway: its other gateway writes the same machines, one after the other */
  constructor(target: MesTarget, pair?: string) {
    this.#target = target
    this.text = claimsText(target, pair)
  }

  /** Takes the rows of `text`. */
  take(rows: readonly unknown[] = []): void {
    this.#found = rows as readonly Claim[]
  }

  /** Writes an incident for each claim, once, in the transaction that is open. */
  async record(stream: Stream): Promise<void> {
    for (const { gateway, id, machine } of this.#found) {
      if (this.#recorded.has(`${id} ${gateway}`)) continue
      const detail = { machine, machineId: id, otherGateway: gateway }
      await stream.record({ kind: 'claim', detail }, { once: true })
    }
  }

  /** The transaction was committed. */
  committed(): void {
    for (const { id, gateway } of this.#found) this.#recorded.add(`${id} ${gateway}`)
  }

  /** One for each other gateway. */
  get troubles(): readonly Trouble[] {
    const { name } = this.#target.link.peer
    return [...Map.groupBy(this.#found, ({ gateway }) => gateway)].map(([gateway, claims]) => ({
      code: `${name}-${TROUBLES.claimed}`,
      what: `gateway "${gateway}" writes rows of ${listed(claims.map(({ machine }) => machine))} too, so each is in ${name} twice`,
      hint: 'take the map away from one of the two gateways',
      sinceMs: Math.min(...claims.map(({ sinceMs }) => sinceMs)),
    }))
  }
}

function listed(machines: readonly string[]): string {
  const more = machines.length - NAMED_MAX
  const named = machines.slice(0, NAMED_MAX).join(', ')
  return more > 0 ? `${named} and ${more} more machines` : named
}

/** Names are unique only within an organization, so nothing of another one is asked for. */
function claimsText({ schema, organizationId, gateway }: MesTarget, pair: string | undefined): string {
  const isWriting = (name: string) => `${name}.last_at > now() - interval '${STOPPED_MINUTES} minutes'`
  const isOfPair =
    pair === undefined
      ? ''
      : `AND o.gateway_id NOT IN (SELECT gateway_id FROM edge_gateway.pair_gateway
          WHERE organization_id = ${organizationId} AND pair = ${escapeLiteral(pair)})`
  return `SELECT o.gateway_id AS gateway, m.id, m.machine_code AS machine,
      floor(extract(epoch FROM max(greatest(own.first_at, o.first_at))) * 1000)::float8 AS "sinceMs"
    FROM edge_gateway.machine own
    JOIN edge_gateway.machine o ON o.organization_id = own.organization_id AND o.machine_id = own.machine_id
      AND o.gateway_id <> own.gateway_id AND o.first_at < own.last_at AND own.first_at < o.last_at
    JOIN ${schema.machines} m ON m.organization_id = own.organization_id AND m.id = own.machine_id
    WHERE own.organization_id = ${organizationId} AND own.gateway_id = ${escapeLiteral(gateway)}
      AND ${isWriting('own')} AND ${isWriting('o')} ${isOfPair}
    GROUP BY o.gateway_id, m.id, m.machine_code ORDER BY gateway, machine`
}
