/** Every case of test/cases/status through the compiler, the pipeline and the derivation. */
import { describe, expect, it } from 'vitest'
import { linesAsWritten, rowsOfEvents } from '../../support/status-cases/case-rows.ts'
import { playCase, statusCases } from '../../support/status-cases/cases.ts'

describe.each(statusCases())('$name', (one) => {
  it(one.sees, () => {
    const play = playCase(one)
    const rows = rowsOfEvents(play.history, play.downtimes)
    expect(linesAsWritten(rows, one.rows)).toEqual(one.rows)
  })
})
