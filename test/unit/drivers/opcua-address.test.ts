import { expect, test } from 'vitest'
import { AddressFault } from '../../../src/domain/driver.ts'
import { nodeText, parseOpcUaAddress } from '../../../src/drivers/opcua/address.ts'

test.each([
  ['nsu=urn:acme:filler;s=Filler.Status', { namespace: 'urn:acme:filler', kind: 's', id: 'Filler.Status' }],
  ['ns=3;s="DB_Press"."State"', { namespace: 3, kind: 's', id: '"DB_Press"."State"' }],
  ['i=2258', { namespace: 0, kind: 'i', id: '2258' }],
  ['ns=2;s=a;b=c', { namespace: 2, kind: 's', id: 'a;b=c' }],
  ['nsu=http://x/%3By;i=1', { namespace: 'http://x/;y', kind: 'i', id: '1' }],
  [
    'ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a',
    { namespace: 1, kind: 'g', id: '09087e75-8e5e-499b-954f-f2a9603db28a' },
  ],
])('%s is understood', (text, address) => {
  expect(parseOpcUaAddress(text)).toEqual(address)
})

test.each(['Filler.Status', 'ns=70000;s=x', 'i=abc', 'i=4294967296', 'ns=1;g=1234', 'nsu=;s=x', 's='])(
  '"%s" is refused with a hint',
  (text) => {
    expect(() => parseOpcUaAddress(text)).toThrow(AddressFault)
    expect(() => parseOpcUaAddress(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('nsu=') }),
    )
  },
)

test('a node is named in messages as in the map', () => {
  for (const text of ['nsu=urn:a;s=x', 'nsu=http://x/%3By;i=1', 'ns=3;i=4', 'i=2258']) {
    expect(nodeText(parseOpcUaAddress(text))).toBe(text)
  }
})
