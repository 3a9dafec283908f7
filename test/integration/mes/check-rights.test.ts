import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { centralCommand } from '../../../src/commands/central.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type CheckRun, commandCall, gatewayYaml } from '../../support/central-check.ts'

let central: TestCentral
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
  await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function check(): Promise<CheckRun> {
  const { context, printed } = commandCall(['check', '--config', 'gateway.yaml'], folder, central)
  return { code: await centralCommand.run(context), out: printed() }
}

const mend = async () => central.sql(await gatewaySql({ organization: 'SAV' }))

test('central check names rights on what is no table, with what takes each away', async () => {
  await central.sql(`CREATE FUNCTION public.pay(INTEGER) RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
    GRANT EXECUTE ON FUNCTION public.pay(INTEGER), pg_catalog.pg_read_file(TEXT) TO millrace_sav;
    CREATE TYPE public."Mood" AS ENUM ('glad'); GRANT USAGE ON TYPE public."Mood" TO millrace_sav;
    SELECT lo_create(4242); GRANT SELECT ON LARGE OBJECT 4242 TO millrace_sav;
    GRANT SET ON PARAMETER log_statement TO millrace_sav; GRANT CREATE ON TABLESPACE pg_default TO millrace_sav;
    CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER "There" FOREIGN DATA WRAPPER elsewhere;
    GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO millrace_sav; GRANT USAGE ON FOREIGN SERVER "There" TO millrace_sav;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO millrace_sav`)
  const { code, out } = await check()
  expect(code).toBe(1)
  const statements = out.match(/(REVOKE|ALTER) .*;/g) ?? []
  expect(statements).toHaveLength(9)
  await central.sql(statements.join('\n'))
  const mended = await check()
  expect(mended.out).toContain('ok  rights')
  expect(mended.code).toBe(0)
  await central.sql(`DROP FUNCTION public.pay(INTEGER); DROP TYPE public."Mood"; SELECT lo_unlink(4242);
    DROP FOREIGN DATA WRAPPER elsewhere CASCADE`)
})

test('central check does not take a view for a bound that shows rows of everybody', async () => {
  await central.sql('ALTER TABLE plants DISABLE ROW LEVEL SECURITY')
  await mend()
  expect((await check()).out).toContain('ok  shape: B: behind views plants')
  await central.sql(`CREATE OR REPLACE VIEW edge_gateway.plants_1 WITH (security_barrier) AS
    SELECT id, organization_id, name, code, is_active FROM plants WHERE organization_id = 1 OR id > 0 WITH CASCADED CHECK OPTION`)
  expect((await check()).out).toContain('NOT shape: plants has no row-level security, and no view keeps')
  await central.sql('ALTER TABLE plants ENABLE ROW LEVEL SECURITY')
  await mend()
  expect((await check()).code).toBe(0)
})
