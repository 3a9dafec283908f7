/** What a comparison comes to, as it goes over the wire. */

import { utcText } from '../../domain/instant.ts'
import type { TimeSpan } from '../../history/timeline.ts'
import type { WhatIf } from '../../what-if/compare.ts'
import type { Side, StopLine } from '../../what-if/sides.ts'
import { wordsOf } from '../../what-if/words.ts'
import { stretchOnWire, timeOnWire } from '../line/past.ts'
import type { WhatIfOnWire, WhatIfSide, WhatIfStop } from './shapes.ts'

export function whatIfOnWire(result: WhatIf): WhatIfOnWire {
  const { machine, span, recorded, before, after, stops, differences } = result
  const { missing, undecided, moved, lost } = result
  return {
    ...{ machine, ...spanOnWire(span), recorded: spanOnWire(recorded) },
    before: sideOnWire(before),
    after: sideOnWire(after),
    stops: stops.map((pair) => ({
      kind: pair.kind,
      before: pair.before && stopOnWire(pair.before),
      after: pair.after && stopOnWire(pair.after),
      changes: [...pair.changes],
    })),
    differences: differences.map((one) => ({ ...spanOnWire(one), before: one.before, after: one.after })),
    different_s: seconds(differences.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)),
    words: [...wordsOf(result)],
    missing: [...missing],
    undecided: undecided.map(spanOnWire),
    moved_devices: [...moved],
    lost: lost.map(spanOnWire),
  }
}

function spanOnWire({ fromMs, toMs }: TimeSpan) {
  return { from: utcText(fromMs), to: utcText(toMs) }
}

function sideOnWire({ stretches, stops, time }: Side): WhatIfSide {
  return {
    ...timeOnWire(time),
    stretches: stretches.map(stretchOnWire),
    stops: stops.length,
    stops_s: seconds(stops.reduce((sum, { lastedMs }) => sum + lastedMs, 0)),
  }
}

function stopOnWire({ fromMs, toMs, lastedMs, reason, category, workOrder, code }: StopLine): WhatIfStop {
  return {
    from: utcText(fromMs),
    to: toMs === null ? null : utcText(toMs),
    lasted_s: seconds(lastedMs),
    ...{ reason, category, work_order: workOrder, code },
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1_000
}
