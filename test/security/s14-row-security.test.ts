/** What the catalogue says of every table with data of organizations: those of the MES and the gateway's own, their pieces and views. */
import { type CentralSite, CentralSites, SHAPES } from '../support/central-sites.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

/** Every relation with an organization_id that somebody could reach, and how it keeps organizations apart. */
const RELATIONS = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind AS kind, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
    c.relispartition AS piece, n.nspname = 'edge_gateway' AS ours, c.reloptions @> '{security_barrier=true}' AS barrier,
    pg_get_viewdef(c.oid) AS definition, pg_has_role($1, c.relowner, 'USAGE') AS owned,
    has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
      OR has_table_privilege($1, c.oid, 'DELETE, TRUNCATE, TRIGGER') AS reached
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('public', 'edge_gateway')
    AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'organization_id' AND NOT attisdropped)`

interface Relation {
  readonly name: string
  readonly kind: 'r' | 'p' | 'v' | 'm'
  readonly secured: boolean
  readonly forced: boolean
  readonly piece: boolean
  readonly ours: boolean
  readonly barrier: boolean | null
  readonly definition: string | null
  readonly owned: boolean
  readonly reached: boolean
}

async function judge({ shape, dba, role, own }: CentralSite): Promise<readonly string[]> {
  const { rows } = await dba.query<Relation>(RELATIONS, [role])
  const { rows: powers } = await dba.query(
    'SELECT rolname FROM pg_roles WHERE rolname = $1 AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)',
    [role],
  )
  const found = rows.flatMap((relation) => faultsOf(relation, shape, own))
  if (rows.length < 15) found.push(`only ${rows.length} tables were looked at`)
  return powers.length > 0 ? [...found, `${role} is not bound by row-level security`] : found
}

function faultsOf(relation: Relation, shape: CentralSite['shape'], own: number): readonly string[] {
  const { name, kind, secured, forced, piece, ours, barrier, definition, owned, reached } = relation
  if (owned) return [`${name} belongs to the gateway's role`]
  if (kind === 'v') {
    // Bound to one organization, or to that of whoever asks.
    const bounds = [`organization_id = ${own})`, 'role_name = CURRENT_USER']
    const isBound = barrier === true && bounds.some((bound) => definition?.includes(bound))
    return reached && !isBound ? [`${name} shows more than one organization`] : []
  }
  // Nobody but its owner reaches it: a piece, or a table that is behind a view.
  if (!reached && (piece || (shape === 'views' && !ours))) return []
  return [
    ...(secured ? [] : [`${name} has no row-level security`]),
    ...(forced ? [] : [`${name} does not bind its owner`]),
  ]
}

// Fault of the catalogue: [G5]
securityCheck({
  id: 'S14',
  title:
    'every table with an organization_id has row-level security that binds its owner too, or is reached by a view of one organization',
  judge,
  shipped: Object.fromEntries(SHAPES.map((shape) => [shape, sites.of(shape)])),
  weakened: {
    'a table lost it after the gateway was let in': sites.of(
      'rows',
      'ALTER TABLE machines DISABLE ROW LEVEL SECURITY',
    ),
    'it does not bind the owner': sites.of('rows', 'ALTER TABLE work_orders NO FORCE ROW LEVEL SECURITY'),
    'one of the gateway’s own tables lost it': sites.of(
      'rows',
      'ALTER TABLE edge_gateway.stream DISABLE ROW LEVEL SECURITY',
    ),
    'the role passes it by': sites.of('rows', 'ALTER ROLE %role% BYPASSRLS'),
    'the role owns a table': sites.of('rows', 'ALTER TABLE shifts OWNER TO %role%'),
    'the role reaches a table beside its view': sites.of('views', 'GRANT SELECT ON machines TO %role%'),
    'a view of everything was opened': sites.of(
      'views',
      'CREATE VIEW edge_gateway.everything AS SELECT * FROM machine_status_history; GRANT SELECT ON edge_gateway.everything TO %role%',
    ),
  },
})
