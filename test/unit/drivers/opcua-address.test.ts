import { expect, test } from 'vitest'
import { AddressFault } from '../../../src/domain/driver.ts'
import { nodeText, parseOpcUaAddress } from '../../../src/drivers/opcua/address.ts'
import { splitsOf } from '../../../src/drivers/opcua/values/part.ts'

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
  for (const text of ['nsu=urn:a;s=x', 'nsu=http://x/%3By;i=1', 'ns=3;i=4', 'i=2258', 'ns=3;i=4[1,2].ID']) {
    expect(nodeText(parseOpcUaAddress(text))).toBe(text)
  }
})

test.each([
  ['ns=3;i=6012[3]', '6012', [{ index: [3] }]],
  ['ns=3;i=6012[1][2]', '6012', [{ index: [1, 2] }]],
  ['i=6012[1,2].Value', '6012', [{ index: [1, 2] }, { field: 'Value' }]],
  ['ns=3;i=6012."my field"[0]', '6012', [{ field: 'my field' }, { index: [0] }]],
])('%s names a part of a value', (text, id, steps) => {
  expect(parseOpcUaAddress(text)).toMatchObject({ id, steps })
})

test.each(['i=6012[x]', 'i=6012[-1]', 'i=6012.', 'i=6012[1', 'ns=3;i=6012[1:3]'])(
  '"%s" is refused, with the way to write a part',
  (text) => {
    expect(() => parseOpcUaAddress(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('[3]') }),
    )
  },
)

test('the id of a text keeps what may be its own, until the server has said where it ends', () => {
  expect(parseOpcUaAddress('ns=3;s=Filler.StopReason[0].ID').id).toBe('Filler.StopReason[0].ID')
  expect(splitsOf('"DB.1"."Arr"[2]."x.y"').map(({ id }) => id)).toEqual([
    '"DB.1"."Arr"[2]',
    '"DB.1"."Arr"',
    '"DB.1"',
  ])
})
