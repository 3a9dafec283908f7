import { expect, test } from 'vitest'
import { shift } from '../../../src/domain/instant.ts'
import { FollowedNode } from '../../../src/drivers/sparkplug/followed-node.ts'
import { decodePayload } from '../../../src/mqtt/sparkplug/payload.ts'

const AT = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 1_000 }

test('a node is asked for a birth once in 10 s, however many ask, and for nothing else', () => {
  const published: (readonly [topic: string, bytes: Uint8Array])[] = []
  const node = new FollowedNode({ group: 'G', node: 'N' }, (...message) => void published.push(message))
  for (let ms = 0; ms <= 30_000; ms += 100) node.askForBirth(shift(AT, ms))
  expect(published.map(([topic]) => topic)).toEqual(Array(4).fill('spBv1.0/G/NCMD/N'))
  const [[, bytes] = []] = published
  expect(decodePayload(bytes ?? new Uint8Array())).toMatchObject({
    payload: { at: AT.wallMs, metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }] },
  })
})
