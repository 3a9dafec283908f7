/** Compares the machines of the device maps with those of central, both ways: rows of a machine that it lacks are refused. */
import { nearestWord } from '../../documents/nearest-word.ts'
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import type { Proof } from './proof.ts'
import { mesSchema } from './schema.ts'
import { beginText, type Tenant } from './tenant.ts'

/** More machines than this are only counted. */
const NAMED_MAX = 10

/** A machine that a device map describes. */
interface MappedMachine {
  readonly machine: string
  /** As named to the user. */
  readonly file: string
}

/** What the device maps describe, as far as they can be read. */
export interface MappedMachines {
  readonly machines: readonly MappedMachine[]
  /** How many faults keep other maps from being compared. */
  readonly faults: number
}

/** A machine without a map is only mentioned: another gateway may have it. @throws DestinationError */
export async function proveMachines(
  link: Link,
  tenant: Tenant,
  schema: string,
  mapped: MappedMachines,
): Promise<Proof> {
  const codes = await codesOf(link, tenant, schema)
  const unknown = mapped.machines.filter(({ machine }) => !codes.includes(machine))
  const notCompared =
    mapped.faults === 0 ? [] : ['maps with faults were not compared: millrace check names them']
  const proven = unknown.length === 0
  const said = proven
    ? [allKnown(mapped), ...withoutMap(mapped, codes), ...notCompared]
    : [...listed(unknown.map((one) => unknownText(one, codes))), REMEDY, ...notCompared]
  return { what: 'machines', proven, said: said.join('; ') }
}

const REMEDY = 'create them in the MES (machines.machine_code), or correct the code in the map'

async function codesOf(link: Link, tenant: Tenant, schema: string): Promise<readonly string[]> {
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const { rows } = await reading(link, begin, () =>
    link.query<{ readonly machine_code: string }>(
      `SELECT machine_code FROM ${mesSchema(schema, tenant).machines} WHERE organization_id = $1 ORDER BY machine_code`,
      [tenant.organizationId],
    ),
  )
  return rows.map(({ machine_code }) => machine_code)
}

function allKnown({ machines }: MappedMachines): string {
  if (machines.length === 0) return 'no device map describes one yet'
  return machines.length === 1
    ? 'central knows the one that the maps describe'
    : `central knows all ${machines.length} that the maps describe`
}

function withoutMap({ machines }: MappedMachines, codes: readonly string[]): readonly string[] {
  const mapped = new Set(machines.map(({ machine }) => machine))
  const others = codes.filter((code) => !mapped.has(code))
  return others.length === 0 ? [] : [`without a map here: ${listed(others).join(', ')}`]
}

function unknownText({ machine, file }: MappedMachine, codes: readonly string[]): string {
  const nearest = nearestWord(machine, codes)
  return `central knows no "${machine}" (${file})${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`
}

function listed(texts: readonly string[]): readonly string[] {
  const more = texts.length - NAMED_MAX
  return more > 0 ? [...texts.slice(0, NAMED_MAX), `and ${more} more`] : texts
}
