/** A token to enrol that is used again, too late, at the same time by two, or for another organization. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { EnrolSite, tokenLetters } from '../support/enrol-site.ts'
import { securityCheck } from './security-check.ts'

let central: TestCentral
let count = 0
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

/** @param afterwards what the DBA runs behind what `central sql --enrol` prints; `%role%` stands for its role */
function tokens(...afterwards: readonly string[]) {
  return async (stack: AsyncDisposableStack) => {
    count += 1
    const site = stack.use(await EnrolSite.make(central, `edge_${count}`))
    const offer = async (life?: string) => {
      const token = await site.offer(life)
      for (const text of afterwards) await site.asDba(text.replaceAll('%role%', site.role))
      return token
    }
    return { site, offer }
  }
}

interface Tokens {
  readonly site: EnrolSite
  readonly offer: (life?: string) => Promise<string>
}

async function judge({ site, offer }: Tokens): Promise<readonly string[]> {
  const found: string[] = []
  const late = await offer('1m')
  // As after a minute: what the server was told is moved back, and nothing that this adds is taken away.
  await site.asDba(
    `DO $$ BEGIN IF (SELECT rolvaliduntil FROM pg_roles WHERE rolname = '${site.role}') < now() + interval '61 s'
     THEN ALTER ROLE ${site.role} VALID UNTIL '2020-01-01'; END IF; END $$`,
  )
  if ((await site.enrol(late)).code === 0) found.push('a token that is too old is taken')

  const token = await offer()
  const thief = await site.session(tokenLetters(token))
  await site.configure('OTHER')
  if ((await site.enrol(token)).code === 0) found.push('a token enrols a gateway of another organization')
  await site.configure('SAV')
  const first = await site.enrol(token)
  if (first.code !== 0) found.push(`a good token is refused: ${first.err}`)
  if ((await site.enrol(token)).code === 0) found.push('a token works twice')
  const stolen = await thief
    .query('SELECT edge_gateway.renew_login($1, $2)', [VERIFIER, 'thief'])
    .then(() => true)
    .catch(() => false)
  await thief.end()
  if (stolen) found.push('a session that was open with the token takes the login over')
  return [...found, ...(await audited(site))]
}

const VERIFIER = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`

/** What is written down: the use in the table of incidents, each refusal in the server's log. */
async function audited(site: EnrolSite): Promise<readonly string[]> {
  const log = await readFile(central.server.logFile, 'utf8')
  const refused = log
    .split('\n')
    .filter((line) => line.includes(`password authentication failed for user "${site.role}"`))
  return [
    ...((await site.incidents()).includes('enrolled')
      ? []
      : ['that the gateway enrolled is written down nowhere']),
    ...(refused.length >= 2 ? [] : ['that tokens were refused is written down nowhere']),
  ]
}

securityCheck({
  id: 'S6',
  title: 'a token works once, in its time, for its role and organization, and each use is written down',
  judge,
  shipped: tokens(),
  weakened: {
    'it never grows old': tokens(`ALTER ROLE %role% VALID UNTIL 'infinity'`),
    'a session that has it may renew for ever': tokens(
      `CREATE OR REPLACE FUNCTION edge_gateway.renew_login(verifier TEXT, gateway TEXT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
         SET search_path = pg_catalog, pg_temp AS
         $$ BEGIN EXECUTE format('ALTER ROLE %I PASSWORD %L', session_user, verifier); END $$`,
    ),
    'nothing becomes of it, since the password stays what it was': tokens(
      `CREATE OR REPLACE FUNCTION edge_gateway.renew_login(verifier TEXT, gateway TEXT) RETURNS VOID LANGUAGE sql SECURITY DEFINER
         SET search_path = pg_catalog, pg_temp AS 'SELECT'`,
    ),
  },
})
