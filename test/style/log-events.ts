/** Two lists that must be one: the events that lines of the log can have, by level, and those that docs/log.md explains. */
import { withoutComments } from './imports.ts'
import type { SourceFile } from './source-files.ts'

/** A line that is written with its level, or with one of two. */
const SAID = /(?:\.(?=\w+\(\s*\{)|#say\(')(debug|info|warn|error|fatal)(?:'|\()[,\s]*\{\s*event: '([^']*)'/g
const SAID_WITH_EITHER = /\blog\[[^\]]*'(\w+)'[^\]]*'(\w+)'\]\(\s*\{\s*event: '([^']*)'/g
/** A line that is handed to whoever writes it. */
const HANDED_ON = /level: '(\w+)',\s*fields: \{\s*event: '([^']*)'/g
/** Written before there is a log; these warn always. */
const BEFORE_THE_LOG = /\bwarningLine\(\w+, \{\s*event: '([^']*)'/g
/** The one place where a level is no literal. */
const QUALITY_LINES = /#say\(levelOf\(\w+\), \{\s*event: '([^']*)'/g
const EVENT = /\{\s*event: '([^']*)'/g
/** Of the tables of events: the page has others. */
const COLUMNS = 5
const NAME = /^[a-z]+(?:-[a-z0-9]+)+$/

/** The events of the log, each with the levels at which it is written. */
type Events = ReadonlyMap<string, readonly string[]>

/** What the source can write. */
export function writtenEvents(files: readonly SourceFile[]): Events {
  const events = new Map<string, Set<string>>()
  const add = (event: string, ...levels: readonly string[]) => {
    const known = events.get(event) ?? new Set()
    events.set(event, known)
    for (const level of levels) known.add(level)
  }
  for (const text of files.map((file) => withoutComments(file.text))) {
    for (const [, level = '', event = ''] of text.matchAll(SAID)) add(event, level)
    for (const [, one = '', other = '', event = ''] of text.matchAll(SAID_WITH_EITHER)) add(event, one, other)
    for (const [, level = '', event = ''] of text.matchAll(HANDED_ON)) add(event, level)
    for (const [, event = ''] of text.matchAll(BEFORE_THE_LOG)) add(event, 'warn')
    for (const [, event = ''] of text.matchAll(QUALITY_LINES)) add(event, 'info', 'warn')
  }
  return new Map([...events].map(([event, levels]) => [event, [...levels].toSorted()]))
}

/** Names of other forms than `part-what`, and events written in a way that this file does not see. */
export function wrongEvents(files: readonly SourceFile[]): readonly string[] {
  const seen = writtenEvents(files)
  return files.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(EVENT)]
      .map(([, event = '']) => event)
      .filter((event) => !NAME.test(event) || !seen.has(event))
      .map((event) => `${file}: ${event}`),
  )
}

interface Explained {
  readonly event: string
  readonly levels: readonly string[]
  readonly means: string
  readonly remedy: string
}

/** The rows of the page's tables of events. */
export function explainedEvents(page: string): readonly Explained[] {
  return page.split('\n').flatMap((row) => {
    const cells = row.split('|').map((cell) => cell.trim())
    const [, event = '', levels = '', means = '', , remedy = ''] = cells
    const name = /^`([a-z0-9-]+)`$/.exec(event)?.[1]
    if (cells.length !== COLUMNS + 2 || name === undefined) return []
    return [{ event: name, levels: levels.split(', ').toSorted(), means, remedy }]
  })
}
