/** How many events waited in each minute of the last hours, as an area. */
import type { DeliveryShape } from '../../../../src/api/delivery/shapes.ts'
import { clockText } from '../../parts/format.ts'
import { t } from '../../texts/catalogue.ts'

type Depth = DeliveryShape['depth']

/** Of the drawing; it is stretched to the width that there is. */
const WIDTH = 600
const HEIGHT = 90

export function DepthPlot({ depth }: { readonly depth: Depth }) {
  const [first, last] = [depth[0], depth.at(-1)]
  if (!first || !last || first === last) return <p class="help">{t('delivery.depthNone')}</p>
  const most = depth.reduce((before, one) => (one.pending > before.pending ? one : before))
  const words =
    most.pending === 0
      ? t('delivery.depthNothing')
      : t('delivery.depthMost', { count: most.pending, time: clockText(most.at) })
  return (
    <figure class="depth-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <path class="area" d={`${line(depth, most.pending)}V${HEIGHT}H0Z`} />
        <path class="line" d={line(depth, most.pending)} />
      </svg>
      <div class="axis">
        <span>{clockText(first.at)}</span>
        <span>{words}</span>
        <span>{clockText(last.at)}</span>
      </div>
    </figure>
  )
}

function line(depth: Depth, most: number): string {
  const times = depth.map(({ at }) => Date.parse(at))
  const [from = 0, to = 0] = [times[0], times.at(-1)]
  const points = depth.map(({ pending }, index) => {
    const x = (((times[index] ?? from) - from) / Math.max(1, to - from)) * WIDTH
    const y = HEIGHT - 2 - (pending / Math.max(1, most)) * (HEIGHT - 6)
    return `${x.toFixed(1)} ${y.toFixed(1)}`
  })
  return `M${points.join('L')}`
}
