/** How the password is proven to central: what a server that asks for less, or somebody who stands between, gets of it. */
import { createMesDestination } from '../../src/routes/mes/route.ts'
import { message } from '../support/posing-server.ts'
import { TlsCentral } from '../support/tls-central.ts'
import { startTlsImpostor } from '../support/tls-impostor.ts'
import { securityCheck } from './security-check.ts'

const place = TlsCentral.use()

interface Proving {
  /** Lines of the section `central:`. */
  readonly written: readonly string[]
  /** Whether the server also takes logins without TLS, where it has no certificate to be bound to. */
  readonly takesPlain?: boolean
}

const DOWNGRADES = {
  'in clear text': message('R', 3),
  'as MD5': message('R', 5, Buffer.from('salt')),
}

async function judge({ written, takesPlain = false }: Proving): Promise<readonly string[]> {
  const central = written.map((line) => line.replace('CA', place.authority.caFile))
  return [...(await asked(central)), ...(await between(central, takesPlain)), ...(await loggedIn(central))]
}

/** A server that has the right certificate, and asks for the password itself. */
async function asked(central: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const [how, question] of Object.entries(DOWNGRADES)) {
    const tls = await place.authority.sign({ names: ['localhost'] })
    await using server = await startTlsImpostor({ tls, answers: [question] })
    await createMesDestination(await place.settings(server.port, central))
      .connect(AbortSignal.timeout(10_000))
      .catch(() => undefined)
    // The first thing that is said names role and database; whatever follows is an answer to the question.
    if (/p\0\0/.test(server.heard())) found.push(`it answers a server that asks ${how}`)
  }
  return found
}

/** Somebody with a certificate of their own between the gateway and the real server, who hands on what both say. */
async function between(central: readonly string[], takesPlain: boolean): Promise<readonly string[]> {
  const found: string[] = []
  const same = (bytes: Buffer) => bytes
  const ways = {
    'hands everything on': { change: same },
    'hides that a bound login is offered': { change: withoutBinding },
    ...(takesPlain && { 'goes on without TLS': { change: same, isPlain: true } }),
  }
  const { host, port } = place.central.server
  for (const [how, way] of Object.entries(ways)) {
    const tls = await place.authority.sign({ names: ['localhost'] })
    await using server = await startTlsImpostor({ tls, relay: { to: { host, port }, ...way } })
    const session = await createMesDestination(await place.settings(server.port, central))
      .connect(AbortSignal.timeout(10_000))
      .catch(() => undefined)
    if (!session) continue
    found.push(`somebody between who ${how} gets a session`)
    await session[Symbol.asyncDispose]()
  }
  return found
}

/** The list of ways, with one of them taken out. */
function withoutBinding(bytes: Buffer): Buffer {
  const offer = message('R', 10, 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', '')
  return bytes.equals(offer) ? message('R', 10, 'SCRAM-SHA-256', '') : bytes
}

async function loggedIn(central: readonly string[]): Promise<readonly string[]> {
  const real = await place.settings(place.central.server.port, central)
  await (await createMesDestination(real).connect(AbortSignal.timeout(20_000)))[Symbol.asyncDispose]()
  const [role] = await place.central.sql<{ verifier: string }>(
    'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1',
    [place.central.role],
  )
  return role?.verifier.startsWith('SCRAM-SHA-256$')
    ? []
    : ['the server keeps something else than a verifier']
}

securityCheck<Proving>({
  id: 'S2',
  title:
    'no server gets the password, and nobody who stands between, whatever certificate they have, gets a session',
  judge,
  shipped: {
    'as shipped': () => ({ written: ['  tls: {ca_file: CA}'] }),
    'a binding is demanded, whatever the server takes': () => ({
      written: ['  tls: {ca_file: CA}', '  login: bound'],
      takesPlain: true,
    }),
  },
  weakened: {
    'any login is taken': () => ({ written: ['  tls: {ca_file: CA}', '  login: any'] }),
    'no binding is demanded, and the server also takes logins without TLS': () => ({
      written: ['  tls: {ca_file: CA}'],
      takesPlain: true,
    }),
  },
})
