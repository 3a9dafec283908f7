/** Servers that are not the one that was meant, or not as it must be: none of them is told anything. */
import { createMesDestination } from '../../src/routes/mes/route.ts'
import { TlsCentral } from '../support/tls-central.ts'
import { startTlsImpostor } from '../support/tls-impostor.ts'
import { securityCheck } from './security-check.ts'

const place = TlsCentral.use()
const A_DAY_MS = 86_400_000
const OLD_TLS = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

/** Lines of the section `central:`; `CA` stands for the file of the authority. */
type Written = readonly string[]

const IMPOSTORS = {
  'of another authority': async () => ({ tls: await place.stranger.sign({ names: ['localhost'] }) }),
  'with another name': async () => ({ tls: await place.authority.sign({ names: ['other.example'] }) }),
  'whose certificate is over': async () => ({
    tls: await place.authority.sign({ names: ['localhost'], endsMs: Date.now() - A_DAY_MS }),
  }),
  'with TLS 1.1': async () => ({
    tls: { ...(await place.authority.sign({ names: ['localhost'] })), ...OLD_TLS },
  }),
  'without TLS': async () => ({}),
}

async function judge(written: Written): Promise<readonly string[]> {
  const central = written.map((line) => line.replace('CA', place.authority.caFile))
  const found: string[] = []
  for (const [what, options] of Object.entries(IMPOSTORS)) {
    await using server = await startTlsImpostor(await options())
    const connecting = createMesDestination(await place.settings(server.port, central)).connect(
      AbortSignal.timeout(20_000),
    )
    const outcome = await connecting.then(
      () => 'was let in',
      () => 'was refused',
    )
    if (outcome === 'was let in' || server.heard() !== '')
      found.push(`a server ${what} heard ${JSON.stringify(server.heard().slice(0, 80))}`)
  }
  const real = await place.settings(place.central.server.port, central)
  await (await createMesDestination(real).connect(AbortSignal.timeout(20_000)))[Symbol.asyncDispose]()
  return found
}

// Faults of the catalogue: [E7] [E8]
securityCheck({
  id: 'S1',
  title: 'a server with a wrong authority, name, date or version of TLS, or without it, hears not one byte',
  judge,
  shipped: () => ['  tls: {ca_file: CA}'],
  weakened: {
    'any host of the authority is taken': () => ['  tls: {mode: verify-ca, ca_file: CA}'],
    'anybody is taken': () => ['  tls: require'],
    'TLS is off': () => ['  tls: off'],
  },
})
