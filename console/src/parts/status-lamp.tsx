/** How something stands: a shape, the word and a colour, so that neither an eye nor a screen that knows no colours misses it. */
import type { ComponentChildren } from 'preact'
import type { Status } from '../../../src/domain/status.ts'
import { t } from '../texts/catalogue.ts'

/** How well something is, whatever it is. */
export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'off'

type Shape = 'circle' | 'ring' | 'diamond' | 'triangle' | 'square' | 'hexagon' | 'bars' | 'dash' | 'box'

const SHAPES: Readonly<Record<Shape, string>> = {
  circle: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z',
  ring: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  diamond: 'M8 .8L15.2 8 8 15.2.8 8z',
  triangle: 'M8 1.500L15.5 14.500H.5z',
  square: 'M2.5 2.500h11v11h-11z',
  hexagon: 'M4.5 2h7L15 8l-3.5 6h-7L1 8z',
  bars: 'M3 2h3.500v12H3zM9.5 2H13v12H9.500z',
  dash: 'M2 6h12v4H2z',
  box: 'M2 2h12v12H2zM5 5v6h6V5z',
}

const TONE_SHAPES: Readonly<Record<Tone, Shape>> = {
  good: 'circle',
  warn: 'triangle',
  bad: 'diamond',
  info: 'square',
  off: 'ring',
}

/** `unknown`: the machine was never seen. `no-data`: nothing of it can be seen now. */
export type ShownStatus = Status | 'no-data' | 'unknown'

const STATUS_SHAPES: Readonly<Record<ShownStatus, Shape>> = {
  running: 'circle',
  idle: 'bars',
  down: 'diamond',
  setup: 'triangle',
  maintenance: 'hexagon',
  available: 'box',
  decommissioned: 'dash',
  'no-data': 'ring',
  unknown: 'ring',
}

/** A word with its lamp. */
export function Lamp({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`lamp tone-${tone}`}>
      <Drawn shape={TONE_SHAPES[tone]} />
      <span>{children}</span>
    </span>
  )
}

/** The status of a machine. */
export function StatusLamp({ status }: { readonly status: ShownStatus }) {
  return (
    <span class={`lamp status-${status}`}>
      <Drawn shape={STATUS_SHAPES[status]} />
      <span>{statusWord(status)}</span>
    </span>
  )
}

/** Where the word stands beside it already, as on a tile. */
export function StatusShape({ status }: { readonly status: ShownStatus }) {
  return (
    <span class={`lamp-shape status-${status}`}>
      <Drawn shape={STATUS_SHAPES[status]} />
    </span>
  )
}

export function statusWord(status: ShownStatus): string {
  return t(`status.${status}`)
}

function Drawn({ shape }: { readonly shape: Shape }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[shape]} fill-rule="evenodd" />
    </svg>
  )
}
