/**
 * What a server warns of, for the log. A trigger of the site may warn for each row, thousands of times a minute: the same text is
 * said once, and then again after a while with how often it came.
 */
import type { Log } from '../runtime/log.ts'

/** The same text is not said again before. */
const SAID_FOR_MS = 600_000
/** Texts that are known at one time. Where each has a number of its own, all further ones count as one. */
const TEXTS_MAX = 20
/** What further texts are counted under. */
const OTHERS = 'other warnings, each different'
const TEXT_SHOWN_MAX = 500

interface Said {
  atMs: number
  /** Times that it came since it was said. */
  more: number
}

/** @param nowMs the monotonic clock */
export function createServerWarnings(name: string, log: Pick<Log, 'warn'>, nowMs: () => number) {
  const known = new Map<string, Said>()
  const say = (text: string, where: string, repeated: number) => {
    known.set(text, { atMs: nowMs(), more: 0 })
    log.warn(
      { event: 'database-warning', host: where, ...(repeated > 0 && { repeated }) },
      `${name} warns: ${text}`,
    )
  }
  const forgetOld = () => {
    for (const [text, { atMs }] of known) if (nowMs() - atMs >= SAID_FOR_MS) known.delete(text)
  }
  return (warning: string, where: string): void => {
    const written = warning.slice(0, TEXT_SHOWN_MAX)
    if (!known.has(written)) forgetOld()
    const text = known.has(written) || known.size < TEXTS_MAX ? written : OTHERS
    const said = known.get(text)
    if (said && nowMs() - said.atMs < SAID_FOR_MS) said.more += 1
    else say(text, where, said?.more ?? 0)
  }
}

/** Takes one warning of a server, and from which. */
export type ServerWarnings = ReturnType<typeof createServerWarnings>
