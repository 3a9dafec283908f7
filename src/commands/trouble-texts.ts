/** What is wrong, a line each, with every cause in full once: what only follows from it refers to it. */
import type { StatusReport } from '../console/report.ts'
import { withHint } from '../domain/errors.ts'

/** More troubles of one kind are only counted: `status --json` names them. */
const ALIKE_LINES_MAX = 10
/** Codes of what may follow from a signal that is no use. They stand behind all causes. */
const CONSEQUENCES = ['device-no-values', 'machine-undecided']
/** In the words of such a trouble: what follows, and why. */
const FOLLOWS_FROM = /^(.*?(?: is (?:not )?good| cannot be decided)): (.*)$/s

type Trouble = StatusReport['degraded'][number]

/** @param sinceOf ` since 02:13:05 CET (3 min)` of a moment */
export function troubleTexts(
  { degraded }: StatusReport,
  sinceOf: (since: string) => string,
): readonly string[] {
  const rank = ({ code }: Trouble) => CONSEQUENCES.indexOf(code)
  const groups = [
    ...Map.groupBy(
      degraded.toSorted((a, b) => rank(a) - rank(b)),
      ({ code }) => code,
    ),
  ]
  const shown = groups.flatMap(([, alike]) => alike.slice(0, ALIKE_LINES_MAX))
  return groups.flatMap(([code, alike]) => {
    const lines = alike.slice(0, ALIKE_LINES_MAX).map((trouble) => lineOf(trouble, shown, sinceOf))
    const more = alike.length - lines.length
    return more > 0 ? [...lines, `${code}: and ${more} more: status --json names them`] : lines
  })
}

/** The device line in short: why its signals are no good stands among what is wrong. */
export function shortError(error: string): string {
  return FOLLOWS_FROM.exec(error)?.[1] ?? error
}

function lineOf(trouble: Trouble, shown: readonly Trouble[], sinceOf: (since: string) => string): string {
  const { code, what, hint, since } = trouble
  const reference = referenceOf(trouble, shown)
  if (reference) return `${code}: ${reference}`
  const lasting = withHint(what, since === null ? undefined : sinceOf(since))
  return `${code}: ${withHint(lasting, hint)}`
}

/** Undefined where the cause is not among what is shown. */
function referenceOf({ code, what, device }: Trouble, shown: readonly Trouble[]): string | undefined {
  const [, follows, why] = CONSEQUENCES.includes(code) ? (FOLLOWS_FROM.exec(what) ?? []) : []
  if (follows === undefined || why === undefined) return undefined
  const cause = shown.find(
    ({ device: of, signal }) =>
      of === device &&
      signal !== undefined &&
      (why.startsWith(`${signal} `) || why.startsWith(`${signal}: `)),
  )
  return cause && `${follows}; see ${cause.signal} above`
}
