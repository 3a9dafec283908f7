import { describe, expect, it } from 'vitest'
import { type CaseOutcome, playCase, type ScanCase, scanCases } from '../../support/scan-cases.ts'

/** What a case does not speak of is not asked for. */
function askedFor({ after, ...outcome }: CaseOutcome, one: ScanCase) {
  const { rows, answers } = outcome
  const asked = {
    rows,
    answers,
    learns: outcome.learns,
    fields: outcome.fields,
    places: outcome.places,
    after,
  }
  const only = (all: object, wanted: object) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => key in wanted))
  return { ...only(asked, one), ...(one.after ? { after: only(after, one.after) } : {}) }
}

function wanted({ rows, answers, learns, fields, places, after }: ScanCase) {
  const given = Object.entries({ learns, fields, places, after }).filter(([, value]) => value !== undefined)
  return { rows, answers, ...Object.fromEntries(given) }
}

describe('what is scanned at a station', () => {
  it.each(scanCases.map((one) => [one.file, one.sees, one] as const))('%s: %s', async (_, __, one) => {
    expect(askedFor(await playCase(one, false), one)).toEqual(wanted(one))
  })

  it.each(scanCases.map((one) => [one.file, one.sees, one] as const))(
    '%s: %s It comes to the same where the gateway is restarted after each scan.',
    async (_, __, one) => {
      expect(askedFor(await playCase(one, true), one)).toEqual(wanted(one))
    },
  )

  it('has enough cases', () => expect(scanCases.length).toBeGreaterThanOrEqual(80))
})
