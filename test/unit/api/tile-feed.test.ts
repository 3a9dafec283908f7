import { expect, test } from 'vitest'
import type { LineChange, LineTile } from '../../../src/api/line/shapes.ts'
import { TileFeed } from '../../../src/api/line/tile-feed.ts'

function tile(machine: string, status: string): LineTile {
  return {
    ...{ machine, status, area: null, line: null, cell: null, since: null, reason: null, work_order: null },
    ...{ operator: null, declared: null, shift: null, counters: [], data: 'live', last_seen: null },
    ...{ map: null, shadow_since: null },
  }
}

/** A line whose tiles a test sets, and a clock that goes on when it says so. */
function bench() {
  let tiles: readonly LineTile[] = [tile('A', 'running'), tile('B', 'idle')]
  let looks = 0
  let due: (() => void) | undefined
  const feed = new TileFeed({
    tiles: () => {
      looks += 1
      return tiles
    },
    clock: {
      after: (_ms, callback) => {
        due = callback
        return () => {
          due = undefined
        }
      },
    },
  })
  return {
    feed,
    set: (next: readonly LineTile[]) => {
      tiles = next
    },
    second: () => due?.(),
    looks: () => looks,
    isTicking: () => due !== undefined,
  }
}

test('a viewer gets all tiles first, and then those that have changed', () => {
  const { feed, set, second } = bench()
  const sent: LineChange[] = []
  using _view = feed.open((change) => sent.push(change))
  second()
  set([tile('A', 'down'), tile('B', 'idle')])
  second()
  set([tile('A', 'down')])
  second()
  expect(sent).toEqual([
    { turn: 1, is_whole: true, machines: [tile('A', 'running'), tile('B', 'idle')], gone: [] },
    { turn: 2, is_whole: false, machines: [tile('A', 'down')], gone: [] },
    { turn: 3, is_whole: false, machines: [], gone: ['B'] },
  ])
})

test('tiles are made once for all viewers, and not at all when nobody looks', () => {
  const { feed, second, looks, isTicking } = bench()
  expect(looks()).toBe(0)
  const views = Array.from({ length: 5 }, () => feed.open(() => undefined))
  const opened = looks()
  second()
  expect(looks()).toBe(opened + 1)
  for (const view of views) view[Symbol.dispose]()
  expect(isTicking()).toBe(false)
})

test('one that comes later goes on from the turn that the others have seen', () => {
  const { feed, set, second } = bench()
  const [first, later]: [LineChange[], LineChange[]] = [[], []]
  using _one = feed.open((change) => first.push(change))
  set([tile('A', 'down'), tile('B', 'idle')])
  using _other = feed.open((change) => later.push(change))
  set([tile('A', 'idle'), tile('B', 'idle')])
  second()
  expect(first.map(({ turn }) => turn)).toEqual([1, 2, 3])
  expect(later.map(({ turn, is_whole }) => [turn, is_whole])).toEqual([
    [2, true],
    [3, false],
  ])
})
