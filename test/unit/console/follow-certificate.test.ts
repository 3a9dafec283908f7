import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FollowedCertificate } from '../../../src/console/tls/follow-certificate.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { testFolder } from '../../support/buffer.ts'
import { whileUnread } from '../../support/unread.ts'

test('as long as no certificate was given that can be used, it is said that the gateway’s own stands in for it', async () => {
  const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }
  const parts = { tls, dataFolder: testFolder(), names: [], clock: systemClock, log: createLog('silent') }
  const followed = new FollowedCertificate(parts)
  for (let looks = 0; looks < 3; looks += 1) {
    expect(await followed.look()).toBeDefined()
    expect(followed.troubles.map(({ what }) => what)).toEqual([
      expect.stringContaining('the gateway’s own is used instead'),
    ])
  }
})

test('the gateway’s own that cannot be read for a moment is back with the next start: people know its fingerprint', async () => {
  const parts = { tls: 'own', dataFolder: testFolder(), names: [], clock: systemClock } as const
  const shown = () => new FollowedCertificate({ ...parts, log: createLog('silent') }).look()
  const first = await shown()
  const meanwhile = await whileUnread(join(parts.dataFolder, 'console', 'own-certificate.pem'), shown)
  expect(meanwhile?.fingerprint).toMatch(/^\w/)
  expect(meanwhile?.fingerprint).not.toBe(first?.fingerprint)
  expect((await shown())?.fingerprint).toBe(first?.fingerprint)
})
