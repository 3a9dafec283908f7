/** Keeps what explains a finding: the logs and the buffers of both gateways, what was done to them, the truth, and what central has. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCentral } from '../../support/central.ts'
import type { Member } from './member.ts'
import type { PlantMachine } from './plant.ts'

/** What was done, and when. */
export interface Suffered {
  readonly at: string
  readonly gateway: string
  readonly what: string
}

const TABLES = {
  status:
    'SELECT m.machine_code, h.* FROM machine_status_history h JOIN machines m ON m.id = h.machine_id AND m.organization_id = h.organization_id ORDER BY 1, changed_at',
  downtime:
    'SELECT m.machine_code, d.* FROM downtime_events d JOIN machines m ON m.id = d.machine_id AND m.organization_id = d.organization_id ORDER BY 1, started_at',
  written: 'SELECT * FROM witness.written ORDER BY id',
  renewed: 'SELECT * FROM witness.renewed ORDER BY at',
}

export async function keepEvidence(
  folder: string,
  {
    central,
    members,
    machines,
    suffered,
  }: {
    readonly central: TestCentral
    readonly members: readonly Member[]
    readonly machines: readonly PlantMachine[]
    readonly suffered: readonly Suffered[]
  },
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const { gateway, folder: from } of members)
    cpSync(from, join(folder, gateway), { recursive: true, filter: (file) => !file.endsWith('.sock') })
  const keep = (name: string, what: readonly object[]) =>
    writeFileSync(join(folder, `${name}.jsonl`), what.map((one) => `${JSON.stringify(one)}\n`).join(''))
  keep('suffered', suffered)
  keep(
    'truth',
    machines.flatMap(({ code, changes }) =>
      changes.map(({ atMs, status }) => ({ code, at: new Date(atMs).toISOString(), status })),
    ),
  )
  for (const [name, sql] of Object.entries(TABLES)) keep(name, await central.sql<object>(sql))
}
