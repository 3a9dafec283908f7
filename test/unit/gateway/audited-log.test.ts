/** What the audit trail takes of the log. */
import { expect, test } from 'vitest'
import type { GatewayNote } from '../../../src/audit-trail/audit-trail.ts'
import { auditedLog } from '../../../src/gateway/audited-log.ts'
import { createLog, type LogFields } from '../../../src/runtime/log.ts'

function trailOf(...lines: readonly (readonly [fields: LogFields, text: string])[]): readonly GatewayNote[] {
  const notes: GatewayNote[] = []
  const clock = {
    now: () => ({ boot: 'test', wallMs: 0, monoMs: 0 }),
    after: () => () => undefined,
    sleep: async () => undefined,
  }
  {
    using log = auditedLog(createLog('silent'), { noteOwn: (note) => void notes.push(note) }, clock)
    for (const [fields, text] of lines) log.warn(fields, text)
  }
  return notes
}

test.each([
  ['a fence', { event: 'route-interrupted', code: 'central-fenced' }, 'route-fenced'],
  ['a clock that was set', { event: 'clock-stepped', byMs: -3_600_000 }, 'clock-stepped'],
  ['events that were lost', { event: 'buffer-replaced', lost: 3 }, 'buffer-replaced'],
  ['rows in quarantine', { event: 'quarantine-begun', setAside: 1 }, 'quarantine-begun'],
  ['a takeover', { event: 'pair-took-over', epoch: 2 }, 'pair-took-over'],
] as const)('%s leaves its record, with what the line says', (_, fields, event) => {
  const { event: __, ...details } = fields
  expect(trailOf([fields, 'it is so'])).toEqual([{ event, what: 'it is so', details }])
})

test('a central that is away is no matter for the trail, nor is a device', () => {
  expect(
    trailOf(
      [{ event: 'route-interrupted', code: 'central-away' }, 'central is away'],
      [{ event: 'device-lost', device: 'PRESS-07' }, 'lost'],
    ),
  ).toEqual([])
})

test('what recurs is recorded once and then counted', () => {
  const refused = [{ event: 'quarantine-begun', code: 'central-quarantine' }, 'refused'] as const
  const notes = trailOf(refused, refused, refused)
  expect(notes).toHaveLength(2)
  expect(notes[1]?.details).toMatchObject({ times: 2 })
})

test('a map is recorded with its version, each time', () => {
  const map = (version: string) =>
    [{ event: 'map-in-force', machine: 'PRESS-07', file: 'press.yaml', version }, 'map in force'] as const
  expect(trailOf(map('a'), map('b')).map(({ about }) => about)).toEqual([
    { subject: 'map PRESS-07', state: 'a' },
    { subject: 'map PRESS-07', state: 'b' },
  ])
})

test('a release is recorded where it is another one than the last', () => {
  const release = { event: 'release-in-force', release: 'bundle-7', from: 'https://x', signer: null } as const
  expect(trailOf([release, 'in force'])[0]?.about).toEqual({ subject: 'release', state: 'bundle-7' })
})

test('an error is recorded by its words', () => {
  const error = new Error('the disk is gone')
  expect(trailOf([{ event: 'buffer-failed', error }, 'failed'])[0]?.details).toEqual({ error: error.message })
})
