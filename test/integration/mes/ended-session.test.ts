/** A server that ends the gateway's session while nothing is under way: restarted, or with a limit on idle sessions. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

test('a session that was ended between two batches says by what, and on which server', async () => {
  await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  const gone = 'SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity WHERE usename = $1'
  await central.sql(gone, [central.role])
  await expect.poll(() => session.head().catch((error: Error) => error.message)).toContain('terminating')
  await expect(session.head()).rejects.toMatchObject({
    code: 'central-link',
    sqlstate: null,
    message: `the link to central at 127.0.0.1:${central.server.port} broke: terminating connection due to administrator command`,
    hint: expect.stringContaining('connects again by itself'),
  })
})
