import { describe, expect, test } from 'vitest'
import { gatewaySql, removalSql } from '../../../src/routes/mes/gateway-sql.ts'
import { DbaSite, refusal } from '../../support/dba-site.ts'

const site = DbaSite.use()

describe('central sql', () => {
  test('can be run again without changing anything', async () => {
    await site.letIn()
    const before = [await site.rightsOf(site.role), await site.policies()]
    await site.letIn()
    expect([await site.rightsOf(site.role), await site.policies()]).toEqual(before)
    expect(site.notices).toEqual([])
  })

  test('takes back what the role had been given by hand, and names what it does not touch', async () => {
    await site.letIn()
    const before = await site.rightsOf(site.role)
    await site.dba.query(
      `GRANT SELECT, DELETE ON users, organizations TO ${site.role}; GRANT SELECT ON projects TO ${site.role}`,
    )
    await site.letIn()
    expect(site.notices).toEqual([
      `WARNING: Role "${site.role}" has rights on public.projects, which it does not need unless the file of a route says so: REVOKE ALL ON public.projects FROM ${site.role};`,
    ])
    await site.dba.query(`REVOKE ALL ON public.projects FROM ${site.role}`)
    expect(await site.rightsOf(site.role)).toEqual(before)
  })

  test('names an organization that is not there, and leaves nothing half done', async () => {
    expect(await refusal(site.letIn({ organization: 'NOBODY' }), site.dba)).toContain(
      'no organization with the code "NOBODY"',
    )
    expect((await site.dba.query('SELECT FROM pg_roles WHERE rolname = $1', [site.role])).rows).toEqual([])
  })

  test('takes an organization whose code has fifty letters with accents', async () => {
    const code = 'Ü'.repeat(50)
    await site.dba.query('INSERT INTO organizations (name, code) VALUES ($1, $1)', [code])
    await site.letIn({ organization: code })
    expect((await site.dba.query('SELECT organization_code AS code FROM edge_gateway.binding')).rows).toEqual(
      [{ code }],
    )
  })

  test('means the same names in whatever encoding psql hands it over', async () => {
    await site.dba.query(`INSERT INTO organizations (name, code) VALUES ('M', 'MÜHLE')`)
    const names = { organization: 'MÜHLE', role: `${site.role}_ü` }
    const asPsqlDoes = async (script: string) => {
      await site.dba.query(`SET client_encoding = 'LATIN1'`)
      // A statement at a time: the names come after the setting.
      const [settings = '', rest = ''] = script.split(/(?<=client_encoding = 'UTF8';)/)
      await site.dba.query(settings)
      await site.dba.query(rest)
      await site.dba.query('RESET client_encoding')
    }
    await asPsqlDoes(await gatewaySql(names))
    expect((await site.dba.query('SELECT role_name AS role FROM edge_gateway.binding')).rows).toEqual([
      { role: names.role },
    ])
    await asPsqlDoes(await removalSql(names))
    expect((await site.dba.query('SELECT FROM edge_gateway.binding')).rows).toEqual([])
  })

  test('binds a role to one organization for good', async () => {
    await site.letIn()
    expect(await refusal(site.letIn({ organization: 'OTHER' }), site.dba)).toContain(
      'bound to another organization already',
    )
  })

  test('copes with names that need quoting', async () => {
    await site.dba.query(`INSERT INTO organizations (name, code) VALUES ('Odd', 'O''D "D"')`)
    await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    const odd = { organization: `O'D "D"`, role: `odd "role'` }
    await site.letIn(odd)
    await site.letIn(odd)
    await site.takeOut(odd)
    expect((await site.dba.query('SELECT FROM edge_gateway.binding')).rows).toEqual([])
  })
})

describe('a role that exists already', () => {
  test('and is that of the MES keeps every right that it had', async () => {
    await site.dba.query(
      `CREATE ROLE ${site.role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON machines TO ${site.role}`,
    )
    const before = await site.rightsOf(site.role)
    expect(await refusal(site.letIn(), site.dba)).toContain('is that of no gateway of this database')
    expect(await refusal(site.letIn({ existingRole: true }), site.dba)).toContain(
      'has rights in this database: on table public.machines',
    )
    expect(await site.rightsOf(site.role)).toEqual(before)
  })

  test('and owns tables is refused, also when it is asked for twice', async () => {
    await site.dba.query(`CREATE ROLE ${site.role} LOGIN; ALTER TABLE machines OWNER TO ${site.role}`)
    expect(await refusal(site.letIn({ existingRole: true }), site.dba)).toMatch(/owns table public.machines/)
  })

  test('and was let in, but has made something since, is refused', async () => {
    await site.letIn()
    await site.dba.query(
      `GRANT CREATE ON SCHEMA public TO ${site.role}; SET ROLE ${site.role};
       CREATE FUNCTION public.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE`,
    )
    expect(await refusal(site.letIn(), site.dba)).toContain('owns function public.planted()')
    await site.dba.query('DROP FUNCTION planted()')
  })

  test('and may do more than a gateway must is refused', async () => {
    await site.dba.query(`CREATE ROLE ${site.role} LOGIN BYPASSRLS`)
    expect(await refusal(site.letIn({ existingRole: true }), site.dba)).toContain(
      'may do more than a gateway must',
    )
  })

  test('and has no rights here is taken where that is said', async () => {
    await site.dba.query(`CREATE ROLE ${site.role} LOGIN`)
    await site.letIn({ existingRole: true })
    expect(await site.rightsOf(site.role)).not.toEqual([])
  })
})

describe('whoever runs it', () => {
  const asOwner = async (attributes: string) => {
    const owner = `${site.role}_owner`
    await site.dba.query(
      `CREATE ROLE ${owner} LOGIN ${attributes} PASSWORD 'x'; GRANT CREATE ON DATABASE ${site.database} TO ${owner}`,
    )
    const { rows } = await site.dba.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    )
    for (const { name } of rows) await site.dba.query(`ALTER TABLE ${name} OWNER TO ${owner}`)
    await site.dba.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`)
    return { owner, client: await site.connectedAs({ user: owner, password: 'x' }) }
  }

  test('may be the owner of the tables with CREATEROLE, again and again, with or without row-level security', async () => {
    const { client } = await asOwner('CREATEROLE')
    const warnings: (string | undefined)[] = []
    client.on('notice', ({ message }) => warnings.push(message))
    await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    await site.letIn({}, client)
    await site.letIn({ organization: 'OTHER', role: `${site.role}_2` }, client)
    await site.letIn({}, client)
    const { rows } = await client.query('SELECT count(*)::int AS bound FROM edge_gateway.binding')
    await client.query(await removalSql({ organization: 'SAV', role: site.role }))
    await client.end()
    expect(rows).toEqual([{ bound: 2 }])
    expect(warnings).toEqual([])
  })

  test('is told where the database lets nobody in whom its owner has not named', async () => {
    const { owner, client } = await asOwner('CREATEROLE')
    const { database } = site
    await site.dba.query(
      `REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC; REVOKE USAGE ON SCHEMA public FROM PUBLIC`,
    )
    const said = await refusal(site.letIn({}, client), client)
    expect(said).toContain(`GRANT CONNECT ON DATABASE ${database} TO ${owner} WITH GRANT OPTION;`)
    expect(said).toContain(`GRANT USAGE ON SCHEMA public TO ${owner} WITH GRANT OPTION;`)
    await site.dba.query(said.slice(said.indexOf('GRANT')))
    await site.letIn({}, client)
    await site.takeOut({}, client)
    await client.end()
  })

  test('is told beforehand what is missing', async () => {
    const { owner, client } = await asOwner('')
    expect(await refusal(site.letIn({}, client), client)).toContain(`ALTER ROLE ${owner} CREATEROLE`)
    await site.dba.query(
      `ALTER ROLE ${owner} CREATEROLE; REVOKE CREATE ON DATABASE ${site.database} FROM ${owner}`,
    )
    expect(await refusal(site.letIn({}, client), client)).toContain(
      `GRANT CREATE ON DATABASE ${site.database} TO ${owner}`,
    )
    await site.dba.query('ALTER TABLE machines OWNER TO postgres')
    expect(await refusal(site.letIn({}, client), client)).toContain(`Role "${owner}" does not own machines`)
    await client.end()
  })

  test('does not work with a schema edge_gateway that somebody else has made', async () => {
    await site.dba.query(
      `CREATE ROLE ${site.role}_thief; CREATE SCHEMA edge_gateway AUTHORIZATION ${site.role}_thief`,
    )
    expect(await refusal(site.letIn(), site.dba)).toContain(`belongs to role "${site.role}_thief"`)
  })
})

describe('a site', () => {
  test('without tables that the gateway does not need is let in, and each is named', async () => {
    await site.dba.query(
      'ALTER TABLE shifts DROP COLUMN organization_id CASCADE; DROP TABLE shipments, barcode_labels, materials, user_plant_access, qr_code_scans CASCADE; ALTER TABLE users DROP COLUMN employee_code',
    )
    await site.letIn()
    expect(site.notices.filter((notice) => notice.startsWith('NOTICE: Passed over'))).toHaveLength(6)
    expect(site.notices.join()).toContain(
      'Table public.users has no column employee_code. The gateway works without.',
    )
  })

  test.each([
    ['a table', 'DROP TABLE machine_status_history', 'Schema "public" has no table machine_status_history'],
    [
      'a column',
      'ALTER TABLE machine_status_history DROP COLUMN reason_code',
      'Table public.machine_status_history has no column reason_code',
    ],
  ])('that lacks %s which the gateway needs is told which', async (_, damage, said) => {
    await site.dba.query(damage)
    expect(await refusal(site.letIn(), site.dba)).toContain(said)
  })

  test('whose MES lies in another schema is told to name it', async () => {
    expect(await refusal(site.letIn({ schema: 'mes' }), site.dba)).toContain('There is no schema "mes"')
  })

  test('where everybody may make functions is told how to end that', async () => {
    await site.dba.query('GRANT CREATE ON SCHEMA public TO PUBLIC')
    await site.letIn()
    expect(site.notices.join()).toContain('REVOKE CREATE ON SCHEMA public FROM PUBLIC;')
  })
})
