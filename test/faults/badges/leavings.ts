/** Everything that a gateway writes or says: its files, its rows, and what its commands print. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runCommandLine } from '../../../src/commands/command-line.ts'
import type { TestCentral } from '../../support/central.ts'
import type { ScannerSite } from '../../support/scanner-site.ts'

/** Central's own: who works there, and labels of theirs. The gateway cannot write them. */
const OF_CENTRAL = ['users', 'barcode_labels']
const PRINTED_MAX_MS = 30_000
const COMMANDS = [
  ['status'],
  ['status', '--json'],
  ['buffer', 'export'],
  ['buffer', 'quarantine', 'list', '--json'],
  ['buffer', 'audit', '--json'],
  ['check'],
]

export async function leavingsOf(
  site: ScannerSite,
  central: TestCentral,
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>()
  for (const args of COMMANDS) contents.set(`millrace ${args.join(' ')}`, await printed(site, args))
  for (const file of filesBelow(site.folder)) contents.set(file.slice(site.folder.length), readFileSync(file))
  for (const [table, rows] of await tablesOf(central)) contents.set(`table ${table}`, Buffer.from(rows))
  return contents
}

/** What a command prints, on either output. */
async function printed({ folder, configFile }: ScannerSite, args: readonly string[]): Promise<Buffer> {
  let text = ''
  const print = (more: string) => {
    text += more
  }
  await runCommandLine([...args, '--config', configFile], {
    env: {},
    cwd: folder,
    out: print,
    err: print,
    isTerminal: false,
    isErrTerminal: false,
    node: '',
    nodeOptions: [],
    program: '',
    signal: AbortSignal.timeout(PRINTED_MAX_MS),
    mayStopWithin: () => undefined,
    unfinished: new Set(),
    onReload: () => () => undefined,
  })
  return Buffer.from(text)
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
}

async function tablesOf({ sql }: TestCentral): Promise<readonly (readonly [string, string])[]> {
  const tables = await sql<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  )
  const written = tables.filter(({ name }) => !OF_CENTRAL.includes(name))
  return await Promise.all(
    written.map(async ({ schema, name }) => {
      const rows = await sql(`SELECT * FROM "${schema}"."${name}"`)
      return [`${schema}.${name}`, JSON.stringify(rows)] as const
    }),
  )
}
