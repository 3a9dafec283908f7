/** A session may claim to be any organization. What it sees and writes must follow from its login. */
import { attempt, type CentralSite, CentralSites, SHAPES } from '../support/central-sites.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

/** Every relation that the role may read, with one column of it that it may write. */
const REACHED = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
    (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
       AND has_column_privilege($1, c.oid, attnum, 'UPDATE') ORDER BY attnum LIMIT 1) AS changeable
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname IN ('public', 'edge_gateway')
    AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'organization_id'
                AND has_column_privilege($1, c.oid, attnum, 'SELECT'))`
const ROW = '(organization_id, machine_id, changed_at, new_status)'
const REFUSED = ['42501', '44000']

async function judge({ shape, dba, gateway, role, own, other }: CentralSite): Promise<readonly string[]> {
  const { rows } = await dba.query<{ name: string; changeable: string | null }>(REACHED, [role])
  const machines = await dba.query<{ id: number }>(
    'SELECT min(id) AS id FROM machines WHERE organization_id = $1',
    [other],
  )
  const theirs = machines.rows[0]?.id
  const found: string[] = rows.length < 10 ? [`only ${rows.length} tables were looked at`] : []
  for (const claimed of [own, other]) {
    for (const { name, changeable } of rows) {
      const others = `WHERE organization_id IS DISTINCT FROM ${own}`
      if ((await attempt(gateway, `SELECT organization_id FROM ${name} ${others}`, claimed)) !== 0)
        found.push(`rows of others are read in ${name}`)
      if (changeable === null) continue
      const change = `UPDATE ${name} SET ${changeable} = ${changeable} ${others}`
      if ((await attempt(gateway, change, claimed)) !== 0) found.push(`rows of others are changed in ${name}`)
    }
    const history =
      shape === 'views' ? `edge_gateway.machine_status_history_${own}` : 'machine_status_history'
    const foreign = `INSERT INTO ${history} ${ROW} SELECT ${other}, ${theirs}, now(), 'down'`
    const said = String(await attempt(gateway, foreign, claimed))
    if (!REFUSED.includes(said)) found.push(`a row is written for others (${said})`)
    const named = `INSERT INTO ${history} ${ROW} SELECT ${own}, ${theirs}, now(), 'down'`
    const naming = String(await attempt(gateway, named, claimed))
    if (!REFUSED.includes(naming)) found.push(`a row names a machine of others (${naming})`)
  }
  return found
}

securityCheck({
  id: 'S16',
  title: 'a session sees and writes rows of its login’s organization, whichever it claims to be',
  judge,
  shipped: Object.fromEntries(SHAPES.map((shape) => [shape, sites.of(shape)])),
  weakened: {
    'only what the session says keeps organizations apart': sites.of(
      'rows',
      `DROP POLICY %role%_bound ON machine_status_history`,
      `DROP POLICY %role%_allowed ON machine_status_history`,
    ),
    'a policy lets everybody read': sites.of(
      'rows',
      `DROP POLICY %role%_bound ON edge_gateway.stream`,
      'CREATE POLICY open ON edge_gateway.stream USING (true)',
    ),
    'a view without a condition': sites.of(
      'views',
      'CREATE VIEW edge_gateway.everything AS SELECT * FROM machines',
      'GRANT SELECT ON edge_gateway.everything TO %role%',
    ),
  },
})
