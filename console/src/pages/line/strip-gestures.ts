/** How a timeline is zoomed and moved: by mouse, finger and keyboard. */
import type { TargetedEvent, TargetedPointerEvent } from 'preact'
import { useRef } from 'preact/hooks'
import { moved, type TimeWindow, zoomed } from './time-window.ts'

export interface Shown {
  readonly window: TimeWindow
  /** The day; the window is a part of it. */
  readonly whole: TimeWindow
  readonly show: (window: TimeWindow) => void
}

const WHEEL_FACTOR = 1.2
const KEY_FACTOR = 1.6
const KEY_MOVE = 0.25
/** A finger that has moved no further has pointed at something. */
const TAP_PX = 6

interface Gestures {
  readonly shown: Shown
  /** Somebody points at a moment. */
  readonly point: (atMs: number) => void
  readonly leave: () => void
}

type Pointer = TargetedPointerEvent<HTMLElement>

/** The handlers of an element that shows a timeline over its whole width. */
export function useStripGestures({ shown, point, leave }: Gestures) {
  const { window, whole, show } = shown
  const held = useRef(new Map<number, number>())
  const travelled = useRef(0)
  const share = (event: MouseEvent & { readonly currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return (event.clientX - left) / width
  }
  const momentAt = (at: number) => window.fromMs + (window.toMs - window.fromMs) * at
  const drag = (event: Pointer, before: number) => {
    const { width } = event.currentTarget.getBoundingClientRect()
    const others = [...held.current].filter(([id]) => id !== event.pointerId).map(([, x]) => x)
    const [other] = others
    travelled.current += Math.abs(event.clientX - before)
    if (other === undefined) return show(moved(window, whole, (before - event.clientX) / width))
    const factor = Math.abs(before - other) / Math.max(1, Math.abs(event.clientX - other))
    const { left } = event.currentTarget.getBoundingClientRect()
    return show(zoomed(window, whole, factor, ((event.clientX + other) / 2 - left) / width))
  }
  return {
    onWheel: (event: TargetedEvent<HTMLElement, WheelEvent>) => {
      // The wheel alone scrolls the page; a pinch on a touch pad comes as a wheel with Ctrl.
      if (!event.ctrlKey) return
      event.preventDefault()
      show(zoomed(window, whole, event.deltaY > 0 ? WHEEL_FACTOR : 1 / WHEEL_FACTOR, share(event)))
    },
    onPointerDown: (event: Pointer) => {
      event.currentTarget.setPointerCapture(event.pointerId)
      if (held.current.size === 0) travelled.current = 0
      held.current.set(event.pointerId, event.clientX)
    },
    onPointerMove: (event: Pointer) => {
      const before = held.current.get(event.pointerId)
      if (before === undefined) return point(momentAt(share(event)))
      held.current.set(event.pointerId, event.clientX)
      drag(event, before)
    },
    onPointerUp: (event: Pointer) => {
      held.current.delete(event.pointerId)
      if (travelled.current <= TAP_PX) point(momentAt(share(event)))
    },
    onPointerCancel: (event: Pointer) => void held.current.delete(event.pointerId),
    onPointerLeave: (event: Pointer) => event.pointerType === 'mouse' && leave(),
    onDblClick: (event: TargetedEvent<HTMLElement, MouseEvent>) =>
      show(zoomed(window, whole, 1 / KEY_FACTOR ** 2, share(event))),
  }
}

/** What a key does to the window; undefined: nothing. @param atMs what stays where it is when zooming */
export function windowAfterKey(key: string, { window, whole }: Shown, atMs: number): TimeWindow | undefined {
  const share = Math.min(1, Math.max(0, (atMs - window.fromMs) / (window.toMs - window.fromMs)))
  switch (key) {
    case '+':
    case '=':
      return zoomed(window, whole, 1 / KEY_FACTOR, share)
    case '-':
      return zoomed(window, whole, KEY_FACTOR, share)
    case 'Home':
    case '0':
      return whole
    case 'PageUp':
      return moved(window, whole, -KEY_MOVE * 2)
    case 'PageDown':
      return moved(window, whole, KEY_MOVE * 2)
    default:
      return undefined
  }
}
