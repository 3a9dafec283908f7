/** Compares the machines of the device maps with those of central, both ways: rows of a machine that it lacks are refused. */
import { nearestWord } from '../../documents/nearest-word.ts'
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import { listed } from './listed.ts'
import type { Proof } from './proof.ts'
import { mesSchema } from './schema.ts'
import type { MappedStation } from './stations-proof.ts'
import { beginText, type Tenant } from './tenant.ts'

/** A machine that a device map describes. */
interface MappedMachine {
  readonly machine: string
  /** As named to the user. */
  readonly file: string
}

/** What the device maps describe, as far as they can be read. */
export interface NamedByMaps {
  readonly machines: readonly MappedMachine[]
  readonly stations: readonly MappedStation[]
  /** How many faults keep other maps from being compared. */
  readonly faults: number
}

/** A machine without a map is only mentioned: another gateway may have it. @throws DestinationError */
export async function proveMachines(
  link: Link,
  tenant: Tenant,
  schema: string,
  mapped: NamedByMaps,
): Promise<Proof> {
  const { codes, renamed } = await codesOf(link, tenant, schema)
  const unknown = mapped.machines.filter(({ machine }) => !codes.includes(machine))
  const notCompared =
    mapped.faults === 0 ? [] : ['maps with faults were not compared: millrace check names them']
  const proven = unknown.length === 0
  const said = proven
    ? [allKnown(mapped), ...withoutMap(mapped, codes), ...notCompared]
    : [...listed(unknown.map((one) => unknownText(one, codes, renamed))), REMEDY, ...notCompared]
  return { what: 'machines', proven, said: said.join('; ') }
}

const REMEDY = 'create them in the MES (machines.machine_code), or correct the code in the map'

/** What central calls its machines. */
interface Called {
  readonly codes: readonly string[]
  /** The present codes of those that gateways wrote rows of before, by the codes of then. */
  readonly renamed: ReadonlyMap<string, string>
}

async function codesOf(link: Link, tenant: Tenant, schema: string): Promise<Called> {
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const { machines } = mesSchema(schema, tenant)
  const { rows } = await reading(link, begin, () =>
    link.query<{ readonly code: string; readonly was: string | null }>(
      `SELECT machine_code AS code, NULL::text AS was, NULL::timestamptz AS since FROM ${machines} WHERE organization_id = $1
       UNION ALL
       SELECT m.machine_code, s.machine_code, s.rows_from FROM edge_gateway.machine s
       JOIN ${machines} m ON m.organization_id = $1 AND m.id = s.machine_id AND m.machine_code <> s.machine_code
       WHERE s.organization_id = $1 ORDER BY since NULLS FIRST, code`,
      [tenant.organizationId],
    ),
  )
  return {
    codes: rows.flatMap(({ code, was }) => (was === null ? [code] : [])),
    renamed: new Map(rows.flatMap(({ code, was }) => (was === null ? [] : [[was, code]]))),
  }
}

function allKnown({ machines }: NamedByMaps): string {
  if (machines.length === 0) return 'no device map describes one yet'
  return machines.length === 1
    ? 'central knows the one that the maps describe'
    : `central knows all ${machines.length} that the maps describe`
}

function withoutMap({ machines }: NamedByMaps, codes: readonly string[]): readonly string[] {
  const mapped = new Set(machines.map(({ machine }) => machine))
  const others = codes.filter((code) => !mapped.has(code))
  return others.length === 0 ? [] : [`without a map here: ${listed(others).join(', ')}`]
}

function unknownText(
  { machine, file }: MappedMachine,
  codes: readonly string[],
  renamed: ReadonlyMap<string, string>,
): string {
  const said = `central knows no "${machine}" (${file})`
  const now = renamed.get(machine)
  if (now !== undefined) return `${said}, it calls that machine "${now}" now`
  const nearest = nearestWord(machine, codes)
  return nearest === undefined ? said : `${said}, did you mean "${nearest}"?`
}
