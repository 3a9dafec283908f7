/** Topics with wildcards: which messages they mean, by the examples of the standard and by another way of comparing. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filterFault, matches } from '../../../src/drivers/shared/brokers/topic-filter.ts'
import { TopicIndex } from '../../../src/drivers/shared/brokers/topic-index.ts'

/** MQTT 5, sections 4.7.1 and 4.7.2. */
test.each([
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['#', 'sport/tennis', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+', '/finance', false],
  ['#', '$SYS/uptime', false],
  ['+/monitor/Clients', '$SYS/monitor/Clients', false],
  ['$SYS/#', '$SYS/monitor/Clients', true],
  ['press', 'Press', false],
])('%s and %s: %s', (filter, topic, isMeant) => {
  expect(matches(filter, topic)).toBe(isMeant)
})

test.each([
  ['sport/tennis#', /# stands for a whole level/],
  ['sport/tennis/#/ranking', /at the end only/],
  ['sport+', /\+ stands for a whole level/],
  ['', /at least one character/],
  ['$share/a/b', /\$share/],
])('%s is refused', (filter, why) => {
  expect(filterFault(filter)?.what).toMatch(why)
})

const level = fc.constantFrom('a', 'b', '', 'c1')
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, hasRest]) => [...levels, ...(hasRest ? ['#'] : [])].join('/'))

/** The same as a regular expression. */
function byExpression(filter: string): RegExp {
  const parts = filter.split('/').map((one) => (one === '+' ? '[^/]*' : one))
  const rest = parts.at(-1) === '#'
  const levels = (rest ? parts.slice(0, -1) : parts).join('/')
  return new RegExp(`^${levels}${rest ? '(/.*)?' : ''}$`)
}

test('a value never lands in a signal of another topic, however many signals and topics there are', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(filters, { minLength: 1, maxLength: 8 }),
      fc.array(topics, { minLength: 1, maxLength: 20 }),
      (wanted, sent) => {
        const routes = new TopicIndex<string>()
        for (const filter of wanted) routes.add(filter, filter)
        for (const topic of sent) {
          const meant = wanted.filter((filter) => byExpression(filter).test(topic))
          expect([...routes.of(topic)].toSorted()).toEqual(meant.toSorted())
        }
        const [first = ''] = wanted
        routes.delete(first, first)
        for (const topic of sent) expect(routes.of(topic)).not.toContain(first)
      },
    ),
    { numRuns: 500 },
  )
})
