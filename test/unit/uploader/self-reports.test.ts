import { expect, test } from 'vitest'
import type { DestinationSession } from '../../../src/domain/destination.ts'
import type { GatewayReport } from '../../../src/domain/gateway-report.ts'
import { createSelfReports } from '../../../src/uploader/self-reports.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { recordingLog } from '../../support/buffer.ts'

const WELL: GatewayReport = {
  ...{ state: 'running', host: 'h', version: '1', startedAtMs: 0, pending: 0, lagS: 0 },
  ...{ clockOffsetMs: 0, machines: 1, mapsHash: 'a', troubles: [], troubleCount: 0 },
}

function site(refusal?: string) {
  const time = createVirtualTime(createRandom(1))
  const { log, lines } = recordingLog()
  const written: GatewayReport[] = []
  const now = { ...WELL }
  const ask = (state: GatewayReport['state']) => Promise.resolve({ ...now, state })
  const session = {
    report: (report: GatewayReport) => {
      written.push(report)
      return Promise.resolve(refusal)
    },
  } as unknown as DestinationSession
  return {
    time,
    lines,
    written,
    now,
    session,
    reports: createSelfReports({ name: 'central', ask, clock: time, log }),
  }
}

test('a gateway reports at once, then once a minute, and besides only what has changed', async () => {
  const { time, written, now, session, reports } = site()
  const passes = async (ms: number) => {
    await time.runUntil(time.now().monoMs + ms)
    await reports.offer(session)
    return written.length
  }
  expect(await passes(0)).toBe(1)
  expect(await passes(20_000)).toBe(1)
  Object.assign(now, { pending: 7, lagS: 3 })
  expect(await passes(20_000)).toBe(1)
  Object.assign(now, { troubles: [{ code: 'device-lost', what: 'for 3 s', sinceMs: 0 }], troubleCount: 1 })
  expect(await passes(1)).toBe(2)
  Object.assign(now, { troubles: [{ code: 'device-lost', what: 'for 9 s', sinceMs: 0 }] })
  expect(await passes(20_000)).toBe(2)
  expect(await passes(40_000)).toBe(3)
  await reports.farewell(session)
  expect(written.at(-1)?.state).toBe('stopped')
})

test('why central takes no report is said once, and nothing fails', async () => {
  const { time, lines, session, reports } = site('the right is missing')
  for (let minute = 0; minute < 5; minute += 1) {
    await reports.offer(session)
    await time.runUntil(time.now().monoMs + 60_000)
  }
  expect(lines.filter((line) => JSON.stringify(line).includes('the right is missing'))).toHaveLength(1)
})

test('a report that cannot be made holds nothing up', async () => {
  const { time, session } = site()
  const { log } = recordingLog()
  const ask = () => Promise.reject(new Error('no'))
  const reports = createSelfReports({ name: 'central', ask, clock: time, log })
  await reports.offer(session)
  await reports.farewell(session)
})
