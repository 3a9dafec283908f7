import { expect, test } from 'vitest'
import { explainedEvents, writtenEvents, wrongEvents } from './log-events.ts'
import { repositoryFile, sourceFiles } from './source-files.ts'

const files = sourceFiles('src')
const explained = explainedEvents(repositoryFile('docs/log.md'))

test('docs/log.md explains every event of the log with its levels, and no other', () => {
  const written = [...writtenEvents(files)].map(([event, levels]) => `${event}: ${levels.join(', ')}`)
  expect(explained.map(({ event, levels }) => `${event}: ${levels.join(', ')}`).toSorted()).toEqual(
    written.toSorted(),
  )
  expect(written.length).toBeGreaterThan(60)
})

test('each has its meaning and what to do', () => {
  expect(explained.filter(({ means, remedy }) => means === '' || remedy === '')).toEqual([])
})

test('the name of each is a part and what of it', () => {
  expect(wrongEvents(files)).toEqual([])
})

test('an event of another form, or one that is written in an unseen way, is found', () => {
  const judged = (text: string) => wrongEvents([{ file: 'a.ts', text }])
  expect(judged("log.info({ event: 'door-open' }, 'it is open')")).toEqual([])
  expect(judged("log.info({ event: 'Door open' }, 'it is open')")).toEqual(['a.ts: Door open'])
  expect(judged("const line = { event: 'door-open' }")).toEqual(['a.ts: door-open'])
  expect(
    writtenEvents([{ file: 'a.ts', text: "log[isNews ? 'warn' : 'debug'](\n  { event: 'door-open', n }," }]),
  ).toEqual(new Map([['door-open', ['debug', 'warn']]]))
  expect(explainedEvents('| `door-open` | warn, debug | it is open | `door` | close it |')).toEqual([
    { event: 'door-open', levels: ['debug', 'warn'], means: 'it is open', remedy: 'close it' },
  ])
})
