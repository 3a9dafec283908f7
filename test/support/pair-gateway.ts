/** A gateway of the pair `line-1`, as far as central and the commands see it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LeaseSession } from '../../src/domain/lease.ts'
import { createLeaseKeeper } from '../../src/routes/mes/lease.ts'
import type { TestCentral } from './central.ts'

export const PAIR = 'line-1'

/** A connection of a gateway to the lease, closed at the end of the test. */
export async function leaseSession(
  central: TestCentral,
  gateway: string,
  leaseMs = 10_000,
): Promise<LeaseSession> {
  const keeper = createLeaseKeeper(central.settings({ gateway }), { name: PAIR, leaseMs })
  const session = await keeper.connect(AbortSignal.timeout(60_000))
  onTestFinished(() => session[Symbol.asyncDispose]())
  return session
}

/** A folder with the configuration of a gateway whose lease lasts 10 s, removed at the end of the test. */
export function pairFolder(central: TestCentral, gateway: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pair-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'password'), central.password, { mode: 0o600 })
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: ${gateway}
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${central.server.port}/postgres", password_file: password, tls: off}
pair: {name: ${PAIR}, lease: 10s}
`,
  )
  return folder
}
