/** A server with known holes is named when the gateway meets it, in its log and by `central check`. */

import { once } from 'node:events'
import { type AddressInfo, connect as connectTo, createServer } from 'node:net'
import { knownHole } from '../../src/postgres/known-holes.ts'
import { checkCentral } from '../../src/routes/mes/check.ts'
import type { Proof } from '../../src/routes/mes/proof.ts'
import { createMesDestination } from '../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'
import { CentralSites } from '../support/central-sites.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

interface Met {
  readonly settings: CentralSettings
  readonly warnings: readonly string[]
}

/** The real server, which says to be of another version: its answer is changed on the way, digit by digit. */
function saying(version: string | undefined) {
  return async (stack: AsyncDisposableStack): Promise<Met> => {
    const { settings, dba } = await sites.of('rows')(stack)
    const { rows } = await dba.query<{ version: string }>(
      `SELECT current_setting('server_version_num') AS version`,
    )
    const [real] = rows
    const [host] = settings.connection.hosts
    if (!real || !host) throw new Error('there is no server')
    const warnings: string[] = []
    const log = {
      info: () => undefined,
      warn: (_: object, text: string) => warnings.push(text),
    } as unknown as CentralSettings['log']
    if (version === undefined) return { settings: { ...settings, log }, warnings }
    const server = createServer((client) => {
      const upstream = connectTo(host)
      client.on('error', () => upstream.destroy()).pipe(upstream)
      upstream.on('error', () => client.destroy())
      upstream.on('data', (bytes) =>
        client.write(Buffer.from(bytes.toString('latin1').replaceAll(real.version, version), 'latin1')),
      )
      upstream.on('close', () => client.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => void server.close())
    const hosts = [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }]
    return { settings: { ...settings, log, connection: { ...settings.connection, hosts } }, warnings }
  }
}

async function judge({ settings, warnings }: Met): Promise<readonly string[]> {
  await (await createMesDestination(settings).connect(AbortSignal.timeout(30_000)))[Symbol.asyncDispose]()
  const proofs: Proof[] = []
  await checkCentral(
    settings,
    { machines: [], stations: [], faults: 0 } as unknown as Parameters<typeof checkCentral>[1],
    AbortSignal.timeout(30_000),
    (proof) => proofs.push(proof),
  )
  const unproven = proofs.filter(({ what, proven }) => what === 'version' && !proven)
  const told = warnings.filter((text) => text.includes('known holes'))
  if (unproven.length > 0 !== told.length > 0) return ['the log and central check disagree', ...told]
  return unproven.map(({ said }) => said)
}

securityCheck({
  id: 'S20',
  title: 'a server of a version with known holes is named at the first meeting',
  judge,
  shipped: saying(undefined),
  weakened: {
    'PostgreSQL 15.4': saying('150004'),
    'PostgreSQL 17.0': saying('170000'),
    'PostgreSQL 16.9': saying('160009'),
  },
})

securityCheck({
  id: 'S20',
  title: 'versions without known holes are passed, those with them and those that nobody mends are not',
  judge: (versions: readonly number[]) => versions.flatMap((version) => knownHole(version) ?? []),
  shipped: () => [130022, 140019, 150014, 150020, 160010, 170006, 180000, 180003],
  weakened: {
    'each of the major versions': () => [130021],
    'one minor version too old': () => [150013],
    'not mended any more': () => [120022],
  },
})
