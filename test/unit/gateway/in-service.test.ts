/** How often a machine is told what central says of it; what it makes of that is in `test/cases/status` and the tests of the MES. */
import { expect, test } from 'vitest'
import type { Owner } from '../../../src/domain/owner.ts'
import type { ReferenceMachine } from '../../../src/domain/reference-data.ts'
import type { Message, Subject } from '../../../src/domain/subject.ts'
import { inServiceWatch } from '../../../src/gateway/in-service.ts'

const PRESS: Owner = 'machine:PRESS-01'
const IN_USE: ReferenceMachine = { code: 'PRESS-01', status: 'running', isActive: true }
const OUT: ReferenceMachine = { ...IN_USE, status: 'decommissioned' }

function subject(): Subject {
  const taken = { events: [], state: {} }
  const health = { summary: undefined, troubles: [] }
  return {
    owner: PRESS,
    take: () => taken,
    wakeAtMs: undefined,
    state: {},
    checkpoint: () => undefined,
    health: () => health,
    retire: () => taken,
  }
}

/** What is told in each look, one look after each of these changes. */
async function told(changes: readonly (() => void)[], world: { machine: ReferenceMachine; press: Subject }) {
  const looks: Message[][] = [[]]
  const end = new AbortController()
  const left = [...changes]
  const clock = {
    now: () => ({ boot: 'boot', wallMs: 0, monoMs: 0 }),
    sleep: async () => {
      const change = left.shift()
      if (!change) return end.abort()
      change()
      looks.push([])
    },
  }
  const watch = inServiceWatch({ clock: clock as never }, {
    masterData: {
      get machines() {
        return [world.machine]
      },
    },
    pipeline: {
      get subjects() {
        return [world.press]
      },
      deliver: (message: Message) => looks.at(-1)?.push(message),
    },
  } as never)
  await watch.run(end.signal)
  return looks.map((look) => look.map((message) => 'isInService' in message && message.isInService))
}

test('a machine is told once of each reading of the copy, and again where it gets another map', async () => {
  const world = { machine: IN_USE, press: subject() }
  const nothing = () => {}
  const readAgain = () => {
    world.machine = { ...IN_USE }
  }
  const takenOut = () => {
    world.machine = OUT
  }
  const otherMap = () => {
    world.press = subject()
  }
  expect(await told([nothing, readAgain, nothing, takenOut, otherMap], world)).toEqual([
    [true],
    [],
    [true],
    [],
    [false],
    [false],
  ])
})
