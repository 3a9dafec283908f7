/** The hours above the timelines, and which shift is when. */
import type { TimelinesOnWire } from '../../../../src/api/line/shapes.ts'
import { clockText } from '../../parts/format.ts'
import { t } from '../../texts/catalogue.ts'
import { axisMarks, type TimeWindow } from './time-window.ts'

type Turn = TimelinesOnWire['turns'][number]

const NARROW_MARKS = 4

export function Axis({
  window,
  turns,
  isNarrow,
}: {
  readonly window: TimeWindow
  readonly turns: readonly Turn[]
  readonly isNarrow: boolean
}) {
  const share = (ms: number) => ((ms - window.fromMs) / (window.toMs - window.fromMs)) * 100
  const marks = axisMarks(window, isNarrow ? NARROW_MARKS : undefined)
  const shifts = turns.filter(({ at }) => Date.parse(at) >= window.fromMs && Date.parse(at) < window.toMs)
  return (
    <div class="axis" aria-hidden="true">
      {marks.map((mark) => (
        <span key={mark} class="axis-mark" style={{ left: `${share(mark)}%` }}>
          {clockText(mark)}
        </span>
      ))}
      {shifts.map((turn) => (
        <span key={turn.at} class="axis-turn" style={{ left: `${share(Date.parse(turn.at))}%` }}>
          {turnWord(turn)}
        </span>
      ))}
    </div>
  )
}

function turnWord({ shift, unplanned }: Turn): string {
  if (unplanned === 'BREAK') return t('line.breakTime')
  return shift === null ? t('line.noShift') : t('line.shiftBegins', { shift })
}
