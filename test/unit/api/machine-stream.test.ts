import { expect, test } from 'vitest'
import { machineStreams } from '../../../src/api/machine/endpoints.ts'
import type { MachineOnWire } from '../../../src/api/machine/shapes.ts'
import type { ApiCall } from '../../../src/console/endpoint.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { mapOfText } from '../../support/compiled.ts'

const MAP = `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1}
signals: {running: {at: "00001", type: bit}}
status: [{when: {running: true}, is: running}, {else: true, is: idle}]
`
const NOW = { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 5, 9), monoMs: 1_000 }

/** A stream of a machine of which nothing has come, on a clock that a test moves on. */
function watchedPress() {
  const subject = machineSubject(mapOfText(MAP), {
    ...{ state: undefined, lastSeen: undefined, before: undefined, aliveAt: undefined },
    now: NOW,
  })
  const due = new Set<() => void>()
  const [stream] = machineStreams({
    pipeline: { subjectOf: () => subject },
    devices: { of: () => [] },
    clock: {
      now: () => NOW,
      after: (_ms, callback) => {
        due.add(callback)
        return () => due.delete(callback)
      },
    },
  })
  return {
    due,
    tick: () => {
      const callbacks = [...due]
      due.clear()
      for (const callback of callbacks) callback()
    },
    open: (send: (picture: unknown) => void) => {
      const call = { params: { machine: 'PRESS-07' } } as unknown as ApiCall<never, never, undefined>
      if (!stream) throw new Error('no stream')
      return stream.open(call, send)
    },
  }
}

test('nothing is worked out while nobody looks at a machine', () => {
  const { due, open } = watchedPress()
  expect(due.size).toBe(0)
  const viewer = open(() => undefined)
  expect(due.size).toBe(1)
  viewer[Symbol.dispose]()
  expect(due.size).toBe(0)
})

test('a viewer is told at once, and not again while nothing changes', () => {
  const { tick, open } = watchedPress()
  const told: MachineOnWire[] = []
  using _viewer = open((picture) => told.push(picture as MachineOnWire))
  tick()
  tick()
  expect(told.map(({ machine, status }) => ({ machine, status }))).toEqual([
    { machine: 'PRESS-07', status: null },
  ])
})
