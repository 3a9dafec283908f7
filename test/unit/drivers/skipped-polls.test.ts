import { expect, test } from 'vitest'
import type { DriverContext } from '../../../src/domain/driver.ts'
import { PollTimer } from '../../../src/drivers/shared/poll-timer.ts'
import { SkippedPolls } from '../../../src/drivers/shared/skipped-polls.ts'

/** A device that is polled every 100 ms, from 1,000 ms on. */
function polledDevice() {
  let nowMs = 1_000
  const lines: object[] = []
  const counted = { byDevice: 0, overslept: 0 }
  const context = {
    now: () => ({ monoMs: nowMs }),
    log: { warn: (fields: object) => lines.push(fields) },
    polled: (_lateMs: number, skipped: number) => {
      counted.byDevice += skipped
    },
    overslept: (polls: number) => {
      counted.overslept += polls
    },
  } as unknown as DriverContext
  const timer = new PollTimer(100, 0, nowMs)
  const skippedPolls = new SkippedPolls('PRESS-07', context)
  return {
    counted,
    lines,
    /** A poll that begins at one moment and has its answer at the other. */
    poll(beginsMs: number, answeredMs: number) {
      nowMs = beginsMs
      expect(timer.take(nowMs)).toBe(true)
      skippedPolls.began([{ timer }], nowMs)
      nowMs = answeredMs
      skippedPolls.ended(nowMs)
    },
  }
}

test('polls that were due before the device had answered are the device’s', () => {
  const device = polledDevice()
  device.poll(1_000, 1_350)
  device.poll(1_351, 1_360)
  expect(device.counted).toEqual({ byDevice: 2, overslept: 0 })
})

test('polls that were due while nobody waited for the device are the gateway’s', () => {
  const device = polledDevice()
  device.poll(1_000, 1_010)
  device.poll(4_050, 4_060)
  expect(device.counted).toEqual({ byDevice: 0, overslept: 29 })
  expect(device.lines).toEqual([])
})

test('a gateway that stands still while a slow device has been answered has its part in it only', () => {
  const device = polledDevice()
  device.poll(1_000, 1_350)
  device.poll(1_850, 1_860)
  expect(device.counted).toEqual({ byDevice: 2, overslept: 5 })
})

test('a device whose answers end just before the next moment is not the gateway’s fault', () => {
  const device = polledDevice()
  device.poll(1_000, 1_299)
  device.poll(1_301, 1_599)
  device.poll(1_601, 1_899)
  expect(device.counted.overslept).toBe(0)
  expect(device.counted.byDevice).toBeGreaterThan(0)
})

test('a slow device is named once a minute, with all that was left out', () => {
  const device = polledDevice()
  for (let beginsMs = 1_000; beginsMs < 130_000; beginsMs += 400) device.poll(beginsMs, beginsMs + 399)
  expect(device.lines).toHaveLength(2)
  expect(device.lines[0]).toMatchObject({ event: 'device-polls-skipped', device: 'PRESS-07', pollMs: 100 })
})
