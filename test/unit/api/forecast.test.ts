import { describe, expect, it } from 'vitest'
import type { DepthSample } from '../../../src/api/delivery/depth-watch.ts'
import { forecast } from '../../../src/api/delivery/forecast.ts'

const ROUTE = 'central'

/** Every 10 s: how many events there were, and how many of them waited. */
function watched(course: readonly (readonly [lastSeq: number, pending: number])[]): readonly DepthSample[] {
  return course.map(([lastSeq, pending], index) => ({
    at: { boot: 'b', wallMs: index * 10_000, monoMs: index * 10_000 },
    lastSeq,
    pending: new Map([[ROUTE, pending]]),
  }))
}

function outlook(course: Parameters<typeof watched>[0], sinceMs = 0) {
  const pending = course.at(-1)?.[1] ?? 0
  return forecast(ROUTE, pending, { samples: watched(course), sinceMs })
}

describe('the forecast of a route', () => {
  it('says when a backlog is gone at the rate of the last minutes', () => {
    // 60 came and 660 went in 60 s: 600 fewer a minute, of 6,000 that are left.
    const course = [0, 1, 2, 3, 4, 5, 6].map((at) => [10_000 + at * 10, 6_600 - at * 100] as const)
    expect(outlook(course)).toEqual({
      outlook: 'drains',
      minutes: 10,
      in_per_min: 60,
      out_per_min: 660,
      measured_s: 60,
    })
  })

  it('says that it grows where nothing goes out, and promises no moment', () => {
    const course = [0, 1, 2, 3].map((at) => [100 + at * 10, 40 + at * 10] as const)
    expect(outlook(course)).toMatchObject({ outlook: 'grows', minutes: null, out_per_min: 0 })
  })

  it('says that nothing changes where nothing comes and nothing goes', () => {
    expect(outlook([0, 1, 2, 3].map(() => [100, 40] as const))).toMatchObject({ outlook: 'stands' })
  })

  it('knows events that are on their way from a backlog', () => {
    const course = [0, 1, 2, 3, 4, 5].map((at) => [1_000 + at * 200, at === 5 ? 30 : 0] as const)
    expect(outlook(course)).toMatchObject({ outlook: 'keeps-up' })
  })

  it('does not know what it has not watched for long enough, or only in another state', () => {
    const unknown = { outlook: 'unknown', minutes: null, in_per_min: null, out_per_min: null, measured_s: 0 }
    expect(outlook([[100, 40]])).toEqual(unknown)
    const course = [0, 1, 2, 3, 4, 5].map((at) => [100 + at, 40 + at] as const)
    expect(outlook(course, 45_000)).toEqual(unknown)
  })

  it('has nothing to say of an empty log', () => {
    expect(outlook([[100, 0]])).toMatchObject({ outlook: 'empty' })
  })
})
