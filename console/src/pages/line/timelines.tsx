/** The timelines of some machines: asked for once they come near the screen, and again while the day goes on. */
import { useMemo, useRef, useState } from 'preact/hooks'
import type { LineTile, StretchOnWire, TimelinesOnWire } from '../../../../src/api/line/shapes.ts'
import { get } from '../../api/client.ts'
import { type Loaded, useLoaded } from '../../api/use-loaded.ts'
import { momentText } from '../../parts/format.ts'
import { Fault, Notice } from '../../parts/states.tsx'
import { StatusShape } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { Axis } from './axis.tsx'
import { shownStatus } from './selection.ts'
import { Strip } from './strip.tsx'
import type { Shown } from './strip-gestures.ts'
import { Tile } from './tile.tsx'
import { useInView } from './use-in-view.ts'

/** So many machines are asked for at a time. */
const GROUP = 24
const NONE: readonly StretchOnWire[] = []
const AGAIN_MS = 60_000

interface TimelinesProps {
  readonly tiles: readonly LineTile[]
  readonly shown: Shown
  readonly isToday: boolean
  /** A tile stands above each timeline, as on a phone. */
  readonly isNarrow: boolean
}

export function Timelines(props: TimelinesProps) {
  const { tiles } = props
  const groups = Array.from({ length: Math.ceil(tiles.length / GROUP) }, (_, index) => ({
    name: `group ${index}`,
    tiles: tiles.slice(index * GROUP, (index + 1) * GROUP),
  }))
  return groups.map((group) => <Group key={group.name} {...props} tiles={group.tiles} />)
}

function Group(props: TimelinesProps) {
  const { tiles, shown, isToday, isNarrow } = props
  const place = useRef<HTMLDivElement>(null)
  const isInView = useInView(place)
  const [wasInView, setWasInView] = useState(false)
  if (isInView && !wasInView) setWasInView(true)
  const loaded = useTimelines(props, wasInView, isToday && isInView)
  const { value, fault, reload } = loaded
  const turns = useMemo(() => value?.turns.map(({ at }) => Date.parse(at)) ?? [], [value])
  return (
    <div class="timelines" ref={place}>
      {fault && <Fault fault={fault} onAgain={reload} />}
      {value && <Reach reach={value} shown={shown} />}
      {wasInView && <Axis window={shown.window} turns={value?.turns ?? []} isNarrow={isNarrow} />}
      {tiles.map((tile) => (
        <div key={tile.machine} class="timeline">
          {isNarrow ? <Tile tile={tile} /> : <TimelineHead tile={tile} />}
          <Strip
            machine={tile.machine}
            stretches={value?.machines.find(({ machine }) => machine === tile.machine)?.stretches ?? NONE}
            turns={turns}
            shown={shown}
          />
        </div>
      ))}
    </div>
  )
}

function useTimelines(
  { tiles, shown: { whole } }: TimelinesProps,
  isAsked: boolean,
  goesOn: boolean,
): Loaded<TimelinesOnWire | undefined> {
  const machines = tiles
    .map(({ machine }) => encodeURIComponent(machine))
    .toSorted()
    .join(',')
  const from = new Date(whole.fromMs).toISOString()
  const to = new Date(whole.toMs).toISOString()
  return useLoaded(
    async (signal) =>
      isAsked ? await get<TimelinesOnWire>('/line/timelines', { from, to, machines }, signal) : undefined,
    [machines, from, isAsked],
    goesOn ? AGAIN_MS : undefined,
  )
}

function TimelineHead({ tile }: { readonly tile: LineTile }) {
  const { machine } = tile
  return (
    <a class="timeline-head" href={`/machine/${encodeURIComponent(machine)}`}>
      <StatusShape status={shownStatus(tile)} /> {machine}
    </a>
  )
}

/** Where the log does not reach back to the beginning of the day, and what is not taken in yet. */
function Reach({
  reach,
  shown: { whole },
}: {
  readonly reach: Pick<TimelinesOnWire, 'kept_from' | 'missing_events' | 'halted'>
  readonly shown: Shown
}) {
  const { kept_from: keptFrom, missing_events: missing, halted } = reach
  if (halted !== null) return <Notice tone="warn">{t('line.halted', { why: halted })}</Notice>
  if (missing > 1_000) return <Notice tone="info">{t('line.filling', { count: missing })}</Notice>
  if (keptFrom === null || Date.parse(keptFrom) <= whole.fromMs) return null
  return <p class="help">{t('line.keptFrom', { time: momentText(keptFrom) })}</p>
}
