import { describe, expect, test } from 'vitest'
import { kinship, namedOnly, type Recipient } from '../../../src/domain/recipient.ts'

const KNOWN: Recipient = {
  organization: 'SAV',
  organizationId: 1,
  gateway: 'edge-1',
  database: 'mes',
  systemId: '7000000000000000001',
  timeline: 3,
  host: 'db1:5432',
}
const met = (changes: Partial<Recipient>): Recipient => ({ ...KNOWN, ...changes })

describe('what a destination is to the one that events were captured for', () => {
  test.each<[string, Partial<Recipient>, string]>([
    ['itself', {}, 'same'],
    ['itself at another host', { host: 'db2:5432' }, 'same'],
    ['a promoted standby of it', { timeline: 4, host: 'db2:5432' }, 'same'],
    ['the primary of before a failover', { timeline: 2 }, 'older timeline'],
    ['another server', { systemId: '7000000000000000002' }, 'other database'],
    [
      'another server of which nothing else is the same',
      { systemId: '2', timeline: 1, organizationId: 9 },
      'other database',
    ],
    ['another database of the same server', { database: 'staging' }, 'other database'],
    ['another organization', { organization: 'RIV', organizationId: 2 }, 'other organization'],
    ['an organization that was made again under its code', { organizationId: 2 }, 'other organization'],
    ['an organization whose code was changed', { organization: 'SAVIO' }, 'same'],
    ['another organization of another server', { organization: 'RIV', systemId: '2' }, 'other organization'],
    ['another gateway', { gateway: 'edge-2' }, 'other gateway'],
    ['one that does not say which server it is', { systemId: null, timeline: null }, 'unproven'],
    [
      'one that does not, of another name',
      { systemId: null, timeline: null, database: 'staging' },
      'other database',
    ],
  ])('%s', (_, changes, expected) => {
    expect(kinship(KNOWN, met(changes))).toBe(expected)
  })

  test('nothing is proven to a log that knows nobody, or only names', () => {
    expect(kinship(undefined, KNOWN)).toBe('unproven')
    expect(kinship(namedOnly(KNOWN), KNOWN)).toBe('unproven')
    expect(kinship(namedOnly({ ...KNOWN, organization: 'RIV' }), KNOWN)).toBe('other organization')
    expect(kinship(namedOnly({ ...KNOWN, gateway: 'edge-2' }), KNOWN)).toBe('other gateway')
  })
})
