/** Every case of test/cases/status as central has it in the end: through the real log, the uploader and a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startDelivery } from '../../support/delivery.ts'
import { linesAsWritten } from '../../support/status-cases/case-rows.ts'
import { playCase, statusCases } from '../../support/status-cases/cases.ts'
import { type CentralCase, centralCases } from '../../support/status-cases/central-rows.ts'
import { momentText } from '../../support/status-cases/trace.ts'

const cases = statusCases()
const DELIVERED_MAX_MS = 120_000

let central: TestCentral
let caseIn: (machine: string) => CentralCase

beforeAll(async () => {
  central = await startTestCentral({
    organizations: [
      {
        code: 'SAV',
        plant: 'SAV-1',
        machines: cases.map(({ name }) => name),
        badges: ['4711'],
        workOrders: ['WO-1001', 'WO-1002'],
        materials: [],
        shipments: [],
      },
    ],
  })
})
afterAll(() => central[Symbol.asyncDispose]())

/** Each case is a machine of its own. */
function ofCase(event: MachineEvent, name: string): MachineEvent {
  return { ...event, subject: machineOwner(name) }
}

it('all of them are delivered', { timeout: DELIVERED_MAX_MS }, async () => {
  const delivery = await startDelivery(central.settings())
  for (const one of cases) await delivery.store(playCase(one).events.map((event) => ofCase(event, one.name)))
  await delivery.untilEmpty(DELIVERED_MAX_MS)
  await delivery.stop()
  caseIn = await centralCases(central)
})

describe.each(cases)('$name', ({ name, sees, rows, notes }) => {
  it(sees, () => {
    const found = caseIn(name)
    expect(linesAsWritten(found, rows)).toEqual(rows)
    const texts = [...found.notes].map(([atMs, text]) => `${momentText(atMs)} ${text}`)
    for (const { at, says } of notes)
      expect(texts.filter((text) => text.startsWith(`${at} `))).toEqual([expect.stringContaining(says)])
  })
})
