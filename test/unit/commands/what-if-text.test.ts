/** What `millrace what-if` prints. */
import { expect, test } from 'vitest'
import { whatIfText } from '../../../src/commands/what-if-text.ts'
import type { StopLine } from '../../../src/what-if/sides.ts'

const SPAN = { fromMs: Date.UTC(2026, 10, 24), toMs: Date.UTC(2026, 10, 25) }
const SIDE = {
  stretches: [],
  stops: [],
  time: { runningMs: 0, standingMs: 0, unplannedMs: 0, unseenMs: 0, byStatus: {} },
  availability: null,
}
const READER = { nowMs: SPAN.toMs + 86_400_000, timezone: 'UTC' }

test('keeps what was and what would have been apart, however long a reason is', () => {
  const reason = 'waiting_for_the_material_of_another_department'
  const stop: StopLine = {
    fromMs: SPAN.fromMs,
    toMs: SPAN.fromMs + 600_000,
    lastedMs: 600_000,
    ...{ reason, category: 'material', workOrder: null, code: '101' },
  }
  const pair = {
    kind: 'changed',
    before: stop,
    after: { ...stop, reason: 'jam' },
    changes: ['reason'],
  } as const
  const text = whatIfText(
    {
      ...{ machine: 'PRESS-07', span: SPAN, recorded: SPAN, before: SIDE, after: SIDE, stops: [pair] },
      ...{ differences: [], missing: [], undecided: [], moved: [], lost: [] },
    },
    READER,
  )
  const line = text.split('\n').find((one) => one.startsWith('~'))
  expect(line).toMatch(/code 101 {2}24 Nov .* jam code 101$/)
})
