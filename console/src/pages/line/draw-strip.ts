/** Draws a timeline on a canvas. Statuses differ in colour and in height, what was not seen is hatched. */
import type { StretchOnWire } from '../../../../src/api/line/shapes.ts'
import type { TimeWindow } from './time-window.ts'

/** The variable of the colour, and the height as a share of the strip: each status has one of its own, for eyes that miss colours. */
const LOOKS: Readonly<Record<string, readonly [colour: string, height: number]>> = {
  running: ['--green', 1],
  down: ['--vermillion', 0.85],
  setup: ['--blue', 0.7],
  idle: ['--orange', 0.55],
  maintenance: ['--purple', 0.4],
  available: ['--sky', 0.25],
  decommissioned: ['--grey', 0.1],
}
const HATCH_PX = 5

interface Drawing {
  readonly canvas: HTMLCanvasElement
  readonly stretches: readonly StretchOnWire[]
  readonly window: TimeWindow
  /** Where shifts and breaks turn, in ms since 1970. */
  readonly turns: readonly number[]
  readonly chosen: StretchOnWire | undefined
}

export function drawStrip({ canvas, stretches, window, turns, chosen }: Drawing): void {
  const { clientWidth: width, clientHeight: height } = canvas
  const context = canvas.getContext('2d')
  if (!context || width === 0) return
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const at = (ms: number) => ((ms - window.fromMs) / (window.toMs - window.fromMs)) * width
  const area = (stretch: StretchOnWire) => {
    const left = Math.max(0, at(Date.parse(stretch.from)))
    return { left, right: Math.min(width, Math.max(at(Date.parse(stretch.to)), left + 0.5)) }
  }
  for (const stretch of stretches) {
    const { left, right } = area(stretch)
    if (right <= 0 || left >= width) continue
    const look = stretch.status === undefined ? undefined : LOOKS[stretch.status]
    if (stretch.use === 'unseen' || !look) hatch(context, { left, right, height }, colour('--edge'))
    else {
      const top = height * (1 - look[1])
      context.fillStyle = colour(look[0])
      context.fillRect(left, top, right - left, height - top)
    }
  }
  context.fillStyle = colour('--text')
  for (const turn of turns) context.fillRect(Math.round(at(turn)), 0, 1, height)
  if (chosen) {
    const { left, right } = area(chosen)
    context.lineWidth = 2
    context.strokeStyle = colour('--text')
    context.strokeRect(left + 1, 1, Math.max(1, right - left - 2), height - 2)
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  { left, right, height }: { readonly left: number; readonly right: number; readonly height: number },
  colour: string,
): void {
  context.save()
  context.beginPath()
  context.rect(left, 0, right - left, height)
  context.clip()
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  const first = Math.floor((left - height) / HATCH_PX) * HATCH_PX
  for (let x = first; x < right; x += HATCH_PX) {
    context.moveTo(x, height)
    context.lineTo(x + height, 0)
  }
  context.stroke()
  context.restore()
}
