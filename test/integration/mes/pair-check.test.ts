import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PairWord } from '../../../src/domain/lease.ts'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { leaseSession, pairFolder } from '../../support/pair-gateway.ts'

const [A, B] = ['line-1-a', 'line-1-b']
const ACTIVE: PairWord = { role: 'active', unready: null, mapsHash: 'same' }
const STANDS_BY: PairWord = { role: 'stand-by', unready: null, mapsHash: 'same' }

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

const leaseOf = (gateway: string, leaseMs?: number) => leaseSession(central, gateway, leaseMs)

test('central check and check --central say what keeps the other one from taking over as well', async () => {
  const cwd = pairFolder(central, A)
  const pairLines = async (...args: readonly string[]) => {
    const { out } = await callMillrace([...args, '--config', 'gateway.yaml'], { cwd })
    return out.split('\n').filter((line) => /\bpair\b/.test(line))
  }
  const said = async () => {
    const lines = await pairLines('central', 'check')
    expect(await pairLines('check', '--central')).toEqual(lines)
    return lines
  }
  expect(await pairLines('check')).toEqual([
    'pair line-1: whether its other gateway is there and could take over, `millrace check --central` asks central',
  ])
  expect(await said()).toEqual(['ok  pair: line-1: nobody is active; no second gateway has been heard yet'])
  const [ofA, ofB] = [await leaseOf(A), await leaseOf(B, 30_000)]
  await ofB.take(undefined)
  await ofB.look({ ...ACTIVE, mapsHash: 'other' })
  await ofA.look({ ...STANDS_BY, unready: 'it does not reach PRESS-07' })
  expect(await said()).toEqual([
    'NOT pair: line-1: its gateways have different device maps: bring the same maps to both; "line-1-a" is not ready: it does not reach PRESS-07; lease: is 30 s at "line-1-b" and 10 s here: write the same into both',
  ])
  await central.sql(`UPDATE edge_gateway.lease SET expires_at = renewed_at + interval '10 seconds'`)
  await ofB.look(ACTIVE)
  await ofA.look(STANDS_BY)
  expect((await said())[0]).toMatch(/^ok {2}pair: line-1: .*active; the other one is heard and ready/)
  await central.sql(
    `UPDATE edge_gateway.pair_gateway SET seen_at = now() - interval '5 minutes' WHERE gateway_id = $1`,
    [B],
  )
  expect(await said()).toEqual(['NOT pair: line-1: "line-1-b" has not been heard for 5 minutes'])
})
