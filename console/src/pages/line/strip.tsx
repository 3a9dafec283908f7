/** The timeline of one machine over what is shown of the day. */
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { StretchOnWire } from '../../../../src/api/line/shapes.ts'
import { unlessSame } from '../../parts/unless-same.ts'
import { t } from '../../texts/catalogue.ts'
import { drawStrip } from './draw-strip.ts'
import { type Shown, useStripGestures, windowAfterKey } from './strip-gestures.ts'
import { showing, type TimeWindow } from './time-window.ts'
import { useInView, useRedraw } from './use-in-view.ts'
import { stretchReason, stretchText, stretchTime, stretchWord } from './words.ts'

interface StripProps {
  readonly machine: string
  readonly stretches: readonly StretchOnWire[]
  readonly turns: readonly number[]
  readonly shown: Shown
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 }

export const Strip = unlessSame(function Strip({ machine, stretches, turns, shown }: StripProps) {
  const { window, whole, show } = shown
  const [at, setAt] = useState<number>()
  const chosen = at === undefined ? undefined : stretches[at]
  const canvas = useRef<HTMLCanvasElement>(null)
  const isInView = useInView(canvas)
  const redraw = useRedraw(canvas)
  useEffect(() => {
    if (canvas.current && isInView) drawStrip({ canvas: canvas.current, stretches, window, turns, chosen })
  }, [isInView, redraw, stretches, window, turns, chosen])

  const point = (atMs: number) => setAt(indexAt(stretches, atMs))
  const choose = (index: number) => {
    const stretch = stretches[Math.min(stretches.length - 1, Math.max(0, index))]
    if (!stretch) return
    setAt(stretches.indexOf(stretch))
    show(showing(window, whole, middleOf(stretch, whole)))
  }
  const key = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const step = STEPS[event.key]
    const middleMs = chosen ? middleOf(chosen, whole) : (window.fromMs + window.toMs) / 2
    const next = windowAfterKey(event.key, shown, middleMs)
    if (step === undefined && !next) return
    event.preventDefault()
    if (next) show(next)
    else choose((at ?? firstWithin(stretches, window) - (step ?? 0)) + (step ?? 0))
  }
  const gestures = useStripGestures({ shown, point, leave: () => setAt(undefined) })
  return (
    <div
      class="strip"
      role="slider"
      tabIndex={0}
      aria-label={t('line.stripLabel', { machine })}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, stretches.length - 1)}
      aria-valuenow={at ?? 0}
      aria-valuetext={chosen ? stretchText(chosen) : t('line.stripHelp')}
      onKeyDown={key}
      onBlur={() => setAt(undefined)}
      {...gestures}
    >
      <canvas ref={canvas} />
      {chosen && <StripNote stretch={chosen} window={window} />}
    </div>
  )
})

/** What the stretch is that somebody points at. */
function StripNote({ stretch, window }: { readonly stretch: StretchOnWire; readonly window: TimeWindow }) {
  const lengthMs = window.toMs - window.fromMs
  const middleMs = middleOf(stretch, window)
  const share = Math.min(1, Math.max(0, (middleMs - window.fromMs) / lengthMs))
  const side = share < 0.5 ? { left: `${share * 100}%` } : { right: `${(1 - share) * 100}%` }
  const reason = stretchReason(stretch)
  return (
    <div class="strip-note" style={side} aria-hidden="true">
      <strong>{stretchWord(stretch)}</strong>
      {reason && <span>{reason}</span>}
      {stretch.work_order && (
        <span>
          {t('line.order')} {stretch.work_order}
        </span>
      )}
      <span>{stretchTime(stretch)}</span>
    </div>
  )
}

function indexAt(stretches: readonly StretchOnWire[], atMs: number): number | undefined {
  const index = stretches.findIndex(({ from, to }) => Date.parse(from) <= atMs && atMs < Date.parse(to))
  return index < 0 ? undefined : index
}

function firstWithin(stretches: readonly StretchOnWire[], { fromMs }: TimeWindow): number {
  return Math.max(0, indexAt(stretches, fromMs) ?? 0)
}

/** Of the part that lies in a window. */
function middleOf({ from, to }: StretchOnWire, { fromMs, toMs }: TimeWindow): number {
  return (Math.max(fromMs, Date.parse(from)) + Math.min(toMs, Date.parse(to))) / 2
}
