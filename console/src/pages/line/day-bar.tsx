/** Which day is shown, and which part of it. */
import { Button, IconButton } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { clockText } from '../../parts/format.ts'
import { t } from '../../texts/catalogue.ts'
import type { Shown } from './strip-gestures.ts'
import { dayWindow, moved, otherDay, type TimeWindow, zoomed } from './time-window.ts'

interface DayBarProps {
  readonly day: TimeWindow
  readonly today: TimeWindow
  readonly onDay: (day: TimeWindow) => void
  readonly shown: Shown
}

const ZOOM = 1.6
const MOVE = 0.25

export function DayBar({ day, today, onDay, shown }: DayBarProps) {
  const isToday = day.fromMs === today.fromMs
  const yesterday = otherDay(today, -1)
  const chosen = (text: string) => {
    const at = new Date(`${text}T12:00:00`).getTime()
    if (!Number.isNaN(at)) onDay(dayWindow(at))
  }
  return (
    <div class="day-bar">
      <div class="day-choice">
        <IconButton icon="left" label={t('line.dayBefore')} onPress={() => onDay(otherDay(day, -1))} />
        <Button isPressed={isToday} onPress={() => onDay(today)}>
          {t('line.today')}
        </Button>
        <Button isPressed={day.fromMs === yesterday.fromMs} onPress={() => onDay(yesterday)}>
          {t('line.yesterday')}
        </Button>
        {!isToday && (
          <IconButton icon="right" label={t('line.dayAfter')} onPress={() => onDay(otherDay(day, 1))} />
        )}
        <TextField label={t('line.dayField')} type="date" value={dateText(day)} onInput={chosen} />
      </div>
      <ZoomBar shown={shown} />
    </div>
  )
}

export function ZoomBar({ shown: { window, whole, show } }: { readonly shown: Shown }) {
  return (
    <div class="zoom-bar">
      <span class="zoom-window">
        {clockText(window.fromMs)} – {clockText(window.toMs)}
      </span>
      <IconButton icon="left" label={t('line.earlier')} onPress={() => show(moved(window, whole, -MOVE))} />
      <IconButton icon="minus" label={t('line.zoomOut')} onPress={() => show(zoomed(window, whole, ZOOM))} />
      <IconButton
        icon="plus"
        label={t('line.zoomIn')}
        onPress={() => show(zoomed(window, whole, 1 / ZOOM))}
      />
      <IconButton icon="right" label={t('line.later')} onPress={() => show(moved(window, whole, MOVE))} />
      <Button kind="quiet" onPress={() => show(whole)}>
        {t('line.wholeDay')}
      </Button>
    </div>
  )
}

/** As the field of the browser has it, in local time. */
function dateText({ fromMs }: TimeWindow): string {
  const day = new Date(fromMs)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}
