/** Two gateways that enrol: what each has, and who else has seen it. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { EnrolSite } from '../support/enrol-site.ts'
import { securityCheck } from './security-check.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral({ server: { log_statement: 'all', log_connections: 'on' } })
})
afterAll(() => central[Symbol.asyncDispose]())

/** What each gateway logs in with, and all that was written or said on the way. */
interface Enrolled {
  readonly passwords: readonly string[]
  readonly said: string
}

/** Each with a role and a folder of its own. */
async function byEnrolling(stack: AsyncDisposableStack): Promise<Enrolled> {
  const passwords: string[] = []
  let said = ''
  for (const role of ['millrace_line1', 'millrace_line2']) {
    const site = stack.use(await EnrolSite.make(central, role))
    const { code, out, err } = await site.enrol(await site.offer())
    if (code !== 0) throw new Error(err)
    said += `${out}${err}`
    passwords.push(await site.password())
    const renewed = await site.renew()
    said += `${renewed.out}${renewed.err}`
    passwords.push(await site.password())
  }
  return { passwords, said }
}

/** The DBA thinks of a password, and carries it to both. */
async function byTheDba(): Promise<Enrolled> {
  const password = 'as-the-dba-thought'
  await central.sql(`ALTER ROLE ${central.role} PASSWORD '${password}'`)
  return { passwords: [password, password], said: '' }
}

async function judge({ passwords, said }: Enrolled): Promise<readonly string[]> {
  const serverLog = await readFile(central.server.logFile, 'utf8')
  const kept = await central.sql<{ verifier: string }>(
    'SELECT rolpassword AS verifier FROM pg_authid WHERE rolpassword IS NOT NULL',
  )
  const seen = passwords.filter((password) =>
    [said, serverLog, ...kept.map(({ verifier }) => verifier)].join().includes(password),
  )
  return [
    ...(new Set(passwords).size < passwords.length ? ['two gateways have the same password'] : []),
    ...(passwords.some((password) => password.length < 32) ? ['a password has less than 192 bits'] : []),
    ...(seen.length > 0 ? ['somebody else has seen a password'] : []),
  ]
}

// Fault of the catalogue: [G3]
securityCheck({
  id: 'S3',
  title:
    'each gateway makes its own password, another one at each renewal, and neither the server nor its log nor a terminal sees it',
  judge,
  shipped: byEnrolling,
  weakened: { 'one password for all, made by somebody': byTheDba },
})
