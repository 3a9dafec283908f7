/** The lines of pg_hba.conf, which only a superuser sees unless somebody has let others. */
import type { Link } from '../../../../postgres/link.ts'

/** A line by which this role may log in to this database. */
export interface HbaLine {
  readonly line: number
  /** `host` takes logins with and without TLS, `hostssl` only with it. */
  readonly type: string
  readonly address: string | null
  readonly method: string
}

/** @throws DestinationError where this role may not read them */
export async function askHba(link: Link): Promise<readonly HbaLine[]> {
  const { rows } = await link.query<HbaLine>(
    `SELECT line_number AS line, type, address, auth_method AS method FROM pg_hba_file_rules
     WHERE error IS NULL AND database && ARRAY['all', current_database()::text]
       AND user_name && ARRAY['all', current_user::text] ORDER BY line_number`,
  )
  return rows
}
