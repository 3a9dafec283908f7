/** Creates the tables of the MES in a database, and fills in enough master data to run a line. */
import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

export interface OrganizationSeed {
  readonly code: string
  /** Code of its one plant. */
  readonly plant: string
  /** `machines.machine_code`, unique within the organization. */
  readonly machines: readonly string[]
  /** `users.employee_code` of its operators, who may write in the plant. */
  readonly badges?: readonly string[]
  /** These numbers are unique over all organizations, as the schema says. */
  readonly workOrders?: readonly string[]
  readonly materials?: readonly string[]
  readonly shipments?: readonly string[]
}

interface MasterData {
  readonly organizations: readonly OrganizationSeed[]
}

type MesShape = 'plain' | 'timescale'

/** Creates the tables. As a superuser, in an empty database. */
export async function createMesSchema(client: ClientBase, shape: MesShape = 'plain'): Promise<void> {
  await client.query(await sql('mes-schema.sql'))
  if (shape === 'timescale') await client.query(await sql('mes-schema-timescale.sql'))
}

function sql(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8')
}

/** Two tenants: tests need a second one whose rows a gateway must not see. */
export const SAV: OrganizationSeed = {
  code: 'SAV',
  plant: 'SAV-1',
  machines: ['PRESS-07', 'CNC-01', 'WELD-03'],
  badges: ['4711', '4712'],
  workOrders: ['WO-1001', 'WO-1002', 'WO-1003'],
  materials: ['MAT-100', 'MAT-200'],
  shipments: ['SHP-1'],
}

export const OTHER: OrganizationSeed = {
  code: 'OTHER',
  plant: 'OTHER-1',
  machines: ['PRESS-07', 'LATHE-02'],
  badges: ['9901'],
  workOrders: ['WO-9001'],
  materials: ['MAT-900'],
  shipments: ['SHP-9'],
}

/** Adds organizations with everything that belongs to them, in one transaction. As a superuser. */
export async function seedMasterData(
  client: ClientBase,
  data: MasterData = { organizations: [SAV, OTHER] },
): Promise<void> {
  await client.query('BEGIN')
  for (const organization of data.organizations) await seedOrganization(client, organization)
  await client.query('COMMIT')
}

async function seedOrganization(client: ClientBase, seed: OrganizationSeed): Promise<void> {
  const inserted = await client.query<{ id: number }>(
    'INSERT INTO organizations (name, code, industry) VALUES ($1, $1, $2) RETURNING id',
    [seed.code, 'manufacturing'],
  )
  const organization = inserted.rows[0]?.id ?? 0
  const parameters: Record<string, unknown> = {
    plant: seed.plant,
    machines: seed.machines,
    // An order needs somebody who created it: the first badge, or an invented one.
    badges: seed.badges?.length ? seed.badges : [`${seed.code}-0001`],
    workOrders: seed.workOrders ?? [],
    materials: seed.materials ?? [],
    shipments: seed.shipments ?? [],
  }
  for (const [statement, ...names] of STATEMENTS) {
    await client.query(statement, [organization, ...names.map((name) => parameters[name])])
  }
}

/** SQL with the names of its parameters after $1, which is the organization's id. */
const STATEMENTS: readonly (readonly [string, ...string[]])[] = [
  [`INSERT INTO plants (organization_id, name, code, plant_type) VALUES ($1, $2, $2, 'production')`, 'plant'],
  [
    `INSERT INTO users (organization_id, email, username, hashed_password, full_name, employee_code)
     SELECT o.id, badge || '@' || lower(o.code) || '.example', lower(o.code) || '-' || badge, 'x', 'Operator ' || badge, badge
     FROM organizations o, unnest($2::text[]) badge WHERE o.id = $1`,
    'badges',
  ],
  [
    `INSERT INTO user_plant_access (organization_id, user_id, plant_id, can_write)
     SELECT $1, u.id, p.id, true FROM users u JOIN plants p USING (organization_id) WHERE organization_id = $1`,
  ],
  [
    `INSERT INTO projects (organization_id, project_number, name, primary_plant_id, status)
     SELECT $1, 'P-' || code, 'Line ' || code, id, 'active' FROM plants WHERE organization_id = $1`,
  ],
  [
    `INSERT INTO work_orders (organization_id, work_order_number, project_id, plant_id, operation_type, quantity_ordered, status, created_by)
     SELECT $1, number, r.id, r.primary_plant_id, 'machining', 1000, 'released', (SELECT min(id) FROM users WHERE organization_id = $1)
     FROM projects r, unnest($2::text[]) number WHERE r.organization_id = $1`,
    'workOrders',
  ],
  [
    `INSERT INTO materials (organization_id, material_code, name, unit_of_measure, barcode_data)
     SELECT $1, code, 'Material ' || code, 'pcs', code FROM unnest($2::text[]) code`,
    'materials',
  ],
  [
    `INSERT INTO shipments (organization_id, shipment_number, from_plant_id, shipment_type, created_by)
     SELECT $1, number, p.id, 'customer_delivery', (SELECT min(id) FROM users WHERE organization_id = $1)
     FROM plants p, unnest($2::text[]) number WHERE p.organization_id = $1`,
    'shipments',
  ],
  [
    `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_format, barcode_data, generated_by)
     SELECT $1, kind, kind, id, 'code128', code, (SELECT min(id) FROM users WHERE organization_id = $1)
     FROM (SELECT 'work_order' AS kind, id, work_order_number AS code FROM work_orders WHERE organization_id = $1
           UNION ALL SELECT 'material', id, material_code FROM materials WHERE organization_id = $1
           UNION ALL SELECT 'shipment', id, shipment_number FROM shipments WHERE organization_id = $1) labelled`,
  ],
  [
    `INSERT INTO shifts (organization_id, plant_id, name, start_time, end_time, active_days)
     SELECT $1, p.id, s.name, s.starts, s.ends, '{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'
     FROM plants p, (VALUES ('Early', time '06:00', time '14:00'), ('Late', '14:00', '22:00'), ('Night', '22:00', '06:00')) s (name, starts, ends)
     WHERE p.organization_id = $1`,
  ],
  [
    `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
     SELECT $1, p.id, machine, 'Machine ' || machine, split_part(machine, '-', 1) FROM plants p, unnest($2::text[]) machine
     WHERE p.organization_id = $1`,
    'machines',
  ],
]
