/** The example routes of the checkout, put in force on a site as its DBA would: tables, data, rights, and the route files. */
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from './central-rows.ts'
import type { DatabaseLogin } from './checkout.ts'
import { type Program, runCommand } from './program.ts'

/** By the names of their files. */
const EXAMPLES = ['wip', 'scheduling', 'device-cloud'] as const
/** One of the examples. */
type Example = (typeof EXAMPLES)[number]

interface ExamplesOptions {
  readonly program: Program
  /** The folder of the examples. */
  readonly examplesFolder: string
  /** The gateway's, with the folder of routes beside it. */
  readonly configFile: string
  readonly routesFolder: string
  /** Who may make schemas in the database of the MES. */
  readonly owner: DatabaseLogin
  /** The data of a site, where they are not those for a trial. */
  readonly data?: Readonly<Record<Example, string>>
}

/** The gateway must not run yet: its role gets its rights here. */
export async function installExamples(options: ExamplesOptions): Promise<void> {
  const { program, examplesFolder, configFile, routesFolder, owner, data } = options
  const text = (file: string) => readFile(join(examplesFolder, file), 'utf8')
  await mkdir(routesFolder, { recursive: true })
  for (const example of EXAMPLES) {
    const file = join(routesFolder, `${example}.yaml`)
    await copyFile(join(examplesFolder, `${example}.yaml`), file)
    const rights = await runCommand(program, ['central', 'sql', '--route', file, '--config', configFile])
    const scripts = [
      await text(`${example}.sql`),
      data?.[example] ?? (await text(`${example}-demo.sql`)),
      rights,
    ]
    // A connection each: a script sets a search path of its own.
    for (const script of scripts) await withClient(owner, (client) => client.query(script))
  }
}

/** How much a table of the examples holds. */
interface ExampleTable {
  readonly table: string
  readonly rows: number
}

const TABLES = [
  'wip.transactions',
  'scheduling.operation_timestamps',
  'device_cloud.requests',
  'device_cloud.device_connections',
] as const

/** What the routes have brought into their tables, and what their sites refused. */
interface ExampleRows {
  readonly tables: readonly ExampleTable[]
  readonly refused: readonly { readonly stream: string; readonly reason: string; readonly count: number }[]
}

/** @param auditor a login that may see all rows */
export function readExampleRows(auditor: DatabaseLogin): Promise<ExampleRows> {
  return withClient(auditor, async (client) => {
    const tables: ExampleTable[] = []
    for (const table of TABLES) {
      const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)
      tables.push({ table, rows: rows[0]?.count ?? 0 })
    }
    const { rows: refused } = await client.query<ExampleRows['refused'][number]>(
      `SELECT gateway_id AS stream, reason, count(*)::int AS count FROM edge_gateway.quarantine
       WHERE released_at IS NULL AND gateway_id LIKE '%/%' GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    return { tables, refused }
  })
}

/** For people. */
export function exampleText({ tables, refused }: ExampleRows): string {
  const width = Math.max(...tables.map(({ table }) => table.length))
  return [
    'The example routes (config/examples/routes/) have filled tables of three other systems in the same database:',
    ...tables.map(({ table, rows }) => `  ${table.padEnd(width)}  ${rows} ${rows === 1 ? 'row' : 'rows'}`),
    ...refused.map(
      ({ stream, reason, count }) => `  set aside for ${stream.split('/')[1]}: ${count} times: ${reason}`,
    ),
    '',
  ].join('\n')
}
