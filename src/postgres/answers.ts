/**
 * Whether what came is an answer to what was asked. Answers have no numbers: they are told apart by their order alone, so one that
 * is missing or comes twice would shift all others. Whoever finds one that does not fit must close the link.
 */
import type { QueryResult } from 'pg'
import { unreadable } from './guard.ts'
import type { Peer } from './refusal.ts'

/** What a server may call the end of a statement, where that is not the statement's own first word. */
const OTHER_ENDS: Readonly<Record<string, readonly string[]>> = {
  COMMIT: ['COMMIT', 'ROLLBACK'],
  WITH: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
}

/** Statements that give rows, and whose end does not say how many. */
const UNCOUNTED: readonly string[] = ['EXPLAIN', 'CALL']

/**
 * The answer to one statement.
 * @throws DestinationError where it is none
 */
export function answerTo<Answer extends QueryResult>(text: string, answer: Answer, peer: Peer): Answer {
  const [word = ''] = /^\w+/.exec(text.trimStart()) ?? []
  const ends = answersTo(answer, peer).map(({ command }) => command)
  if (ends.length === 1 && (OTHER_ENDS[word] ?? [word]).includes(ends[0] ?? '')) return answer
  throw unreadable(peer, `${ends.join(', ')} in answer to ${word}`)
}

/**
 * The answers to several statements that were sent as one text. The client gives a list only where there is more than one.
 * @throws DestinationError where one of them is none
 */
export function answersTo(answer: unknown, peer: Peer): readonly QueryResult[] {
  const answers = (Array.isArray(answer) ? answer : [answer]) as readonly QueryResult[]
  for (const { command, rowCount, rows, fields } of answers) {
    if (command === null) throw unreadable(peer, 'an answer without an end')
    const isCounted = fields.length > 0 && !UNCOUNTED.includes(command)
    if (isCounted && rows.length !== rowCount)
      throw unreadable(peer, `${rows.length} rows where ${rowCount} were announced`)
  }
  return answers
}
