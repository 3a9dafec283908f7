/** Pieces of a partitioned table, and chunks of a hypertable, are tables of their own: row-level security of the whole is not theirs. */
import { attempt, type CentralSite, CentralSites } from '../support/central-sites.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

const PIECES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relispartition AND c.relkind IN ('r', 'p')
    OR n.nspname LIKE '\\_timescaledb\\_internal' AND c.relkind = 'r' AND c.relname LIKE '%chunk'`
const REFUSED = '42501'

async function judge({ dba, gateway, own }: CentralSite): Promise<readonly string[]> {
  const { rows } = await dba.query<{ name: string }>(PIECES)
  if (rows.length < 4) return ['there are no pieces to be tried']
  const found: string[] = []
  for (const { name } of rows) {
    const tries = {
      read: `SELECT organization_id FROM ${name}`,
      written: `INSERT INTO ${name} (organization_id) VALUES (${own})`,
      changed: `UPDATE ${name} SET notes = 'x' WHERE organization_id = ${own}`,
      emptied: `DELETE FROM ${name}`,
    }
    for (const [how, text] of Object.entries(tries)) {
      const said = await attempt(gateway, text, own)
      if (said !== REFUSED) found.push(`${name} can be ${how} past the whole (${said})`)
    }
  }
  // The whole goes on working.
  const whole = await attempt(gateway, 'SELECT organization_id FROM machine_status_history', own)
  return typeof whole === 'number' && whole > 0 ? found : [...found, `the whole cannot be read: ${whole}`]
}

securityCheck({
  id: 'S15',
  title: 'each piece of a partitioned table refuses the gateway’s role, which reads and writes the whole',
  judge,
  shipped: sites.of('pieces'),
  weakened: {
    'somebody let the role into a piece': sites.of(
      'pieces',
      'GRANT SELECT ON machine_status_history_2026_01 TO %role%',
    ),
    'somebody let everybody into all tables': sites.of(
      'pieces',
      'GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO PUBLIC',
    ),
  },
})
