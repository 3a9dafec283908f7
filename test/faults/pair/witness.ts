/** Writes down in central itself who writes rows of machines, and how the lease stands in that very transaction. */
import { escapeLiteral } from 'pg'
import type { TestCentral } from '../../support/central.ts'

const TABLES = ['machine_status_history', 'downtime_events']

/** Each write is seen by a trigger, with the role that made it: each gateway of the pair has a role of its own. */
export async function postWitness(
  central: TestCentral,
  gateways: Readonly<Record<string, string>>,
): Promise<void> {
  const pairs = Object.entries(gateways).map((pair) => `(${pair.map(escapeLiteral).join(', ')})`)
  await central.sql(`CREATE SCHEMA witness;
    CREATE TABLE witness.gateway (role_name text, gateway text);
    INSERT INTO witness.gateway VALUES ${pairs.join(', ')};
    CREATE TABLE witness.written (id bigserial, gateway text, holder text, epoch bigint, what text, at timestamptz);
    CREATE TABLE witness.renewed (at timestamptz, holder text, epoch bigint);
    CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
      INSERT INTO witness.written (gateway, holder, epoch, what, at)
        SELECT g.gateway, l.holder, l.epoch, TG_OP || ' ' || TG_TABLE_NAME, clock_timestamp()
        FROM witness.gateway g LEFT JOIN edge_gateway.lease l ON true WHERE g.role_name = session_user;
      RETURN NULL;
    END $$;
    CREATE FUNCTION witness.note_renewal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
      INSERT INTO witness.renewed VALUES (NEW.renewed_at, NEW.holder, NEW.epoch);
      RETURN NULL;
    END $$;
    CREATE TRIGGER witness AFTER INSERT OR UPDATE ON edge_gateway.lease FOR EACH ROW EXECUTE FUNCTION witness.note_renewal();
    ${TABLES.map((table) => `CREATE TRIGGER witness AFTER INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION witness.note();`).join('\n')}`)
}

/** Writes of whoever did not hold the lease, and epochs that came back after another one. */
export async function strangerWrites(central: TestCentral): Promise<readonly string[]> {
  const rows = await central.sql<{ readonly said: string }>(
    `SELECT gateway || ' wrote (' || what || ') at ' || at || ' while ' || coalesce(holder, 'nobody') || ' held the lease' AS said
       FROM witness.written WHERE gateway IS DISTINCT FROM holder
     UNION ALL
     SELECT gateway || ' wrote in epoch ' || epoch || ' after epoch ' || before AS said
       FROM (SELECT *, max(epoch) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
             FROM witness.written) AS w WHERE epoch < before LIMIT 20`,
  )
  return rows.map(({ said }) => said)
}

/** How often each took over, and the longest time between two signs of an active gateway, in ms. */
export async function activity(
  central: TestCentral,
): Promise<{ readonly takeovers: number; readonly longestMs: number }> {
  const [found] = await central.sql<{ readonly takeovers: number; readonly longest: number }>(
    `SELECT (SELECT count(DISTINCT epoch)::int FROM witness.renewed) AS takeovers,
       coalesce(max(extract(epoch FROM at - before) * 1000), 0)::float8 AS longest
     FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM witness.renewed) AS r`,
  )
  return { takeovers: found?.takeovers ?? 0, longestMs: Math.round(found?.longest ?? 0) }
}
