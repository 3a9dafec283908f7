import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'

/** A standby without anything to follow: it answers questions and stays in recovery. */
async function makeReplica({ server }: TestCentral, folder: string): Promise<void> {
  const data = join(folder, 'data')
  await server.stop()
  await server.snapshot(data)
  await writeFile(join(data, 'standby.signal'), '')
  await server.restore(data)
  await server.start()
}

test('a replica is passed over for the primary, and alone it is refused', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  await using primary = await startTestCentral()
  await using replica = await startTestCentral()
  await makeReplica(replica, folder)
  await rm(folder, { recursive: true, force: true })

  const { connection, ...rest } = primary.settings()
  const { host, port } = replica.server
  const settingsFor = (user: TestCentral, hosts: typeof connection.hosts) => ({
    ...rest,
    connection: { ...connection, password: new Secret(user.password), hosts },
  })
  const alone = createMesDestination(settingsFor(replica, [{ host, port }]))
  await expect(alone.connect(AbortSignal.timeout(30_000))).rejects.toMatchObject({
    refusal: 'wait',
    code: 'central-read-only',
    message: `central at ${host}:${port} is a replica`,
  })

  await primary.sql(`ALTER ROLE ${primary.role} PASSWORD '${replica.password}'`)
  const both = createMesDestination(settingsFor(replica, [{ host, port }, ...connection.hosts]))
  await using session = await both.connect(AbortSignal.timeout(30_000))
  expect(await session.head()).toBeUndefined()
})
