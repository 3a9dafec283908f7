/** The line: how every machine stands now, what each did on a day, and what that came to. */
import './line.css'
import type { ComponentChildren } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { LineTile, SumsOnWire } from '../../../../src/api/line/shapes.ts'
import { get } from '../../api/client.ts'
import { gatewayNowMs } from '../../api/gateway-clock.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button, ButtonLink } from '../../parts/button.tsx'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Loading } from '../../parts/states.tsx'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { DayBar } from './day-bar.tsx'
import { Filters } from './filters.tsx'
import { Legend } from './legend.tsx'
import { ALL_MACHINES, type Selection, selected } from './selection.ts'
import { Sums } from './sums.tsx'
import { Tile } from './tile.tsx'
import { useLine } from './tile-state.ts'
import { dayWindow, type TimeWindow } from './time-window.ts'
import { Timelines } from './timelines.tsx'
import { useIsNarrow } from './use-in-view.ts'

const SUMS_AGAIN_MS = 120_000
/** Of more machines those come first that stand, and the others are shown on request. */
const FEW = 24
const STEADY_MS = 10_000

export function LinePage() {
  const tiles = useLine()
  return (
    <>
      <PageHead title={t('shell.line')} />
      {tiles === undefined ? <Loading /> : tiles.length === 0 ? <NoMachine /> : <Line tiles={tiles} />}
    </>
  )
}

function NoMachine() {
  return (
    <Empty icon="machine" title={t('line.none')}>
      {may('configure') && (
        <ButtonLink kind="main" href="/connect">
          {t('line.connect')}
        </ButtonLink>
      )}
    </Empty>
  )
}

function Line({ tiles }: { readonly tiles: readonly LineTile[] }) {
  const isLong = tiles.length > FEW
  const [selection, select] = useState<Selection>(
    isLong ? { ...ALL_MACHINES, sortBy: 'status' } : ALL_MACHINES,
  )
  const [isAll, setAll] = useState(false)
  const isNarrow = useIsNarrow()
  const machines = useSteady(tiles, selection)
  const isWhole = machines.length === tiles.length
  const shown = isAll ? machines : machines.slice(0, FEW)
  const more = machines.length > FEW && (
    <p class="show-all">
      <Button onPress={() => setAll(!isAll)}>
        {isAll ? t('line.showFewer') : t('line.showAll', { count: machines.length })}
      </Button>
    </p>
  )
  return (
    <>
      <Section
        title={t('line.now')}
        aside={
          isWhole
            ? t('line.machines', { count: tiles.length })
            : t('line.shown', { shown: machines.length, count: tiles.length })
        }
      >
        <Filters tiles={tiles} selection={selection} onSelect={select} isNarrow={isNarrow} />
        {machines.length === 0 && (
          <Empty icon="search" title={t('line.noMatch')}>
            <Button onPress={() => select(ALL_MACHINES)}>{t('line.clear')}</Button>
          </Empty>
        )}
        {!isNarrow && <Tiles tiles={shown} />}
        {!isNarrow && more}
      </Section>
      {machines.length > 0 && (
        <Day
          tiles={shown}
          machines={isWhole ? undefined : machines}
          isNarrow={isNarrow}
          below={isNarrow && more}
        />
      )}
    </>
  )
}

/** Machines change their places only now and then, so that nobody points at one that has just moved away. */
function useSteady(tiles: readonly LineTile[], selection: Selection): readonly LineTile[] {
  const turn = Math.floor(gatewayNowMs() / STEADY_MS)
  const codes = useMemo(
    () => selected(tiles, selection).map(({ machine }) => machine),
    [selection, tiles.length, turn],
  )
  const byCode = new Map(tiles.map((tile) => [tile.machine, tile]))
  return codes.flatMap((code) => byCode.get(code) ?? [])
}

interface DayProps {
  /** Whose timelines are shown. */
  readonly tiles: readonly LineTile[]
  /** Whose sums are shown; undefined: all of the line. */
  readonly machines: readonly LineTile[] | undefined
  readonly isNarrow: boolean
  /** Stands below the timelines. */
  readonly below: ComponentChildren
}

function Day({ tiles, machines, isNarrow, below }: DayProps) {
  const [day, setDay] = useState(() => dayWindow(gatewayNowMs()))
  const [window, show] = useState<TimeWindow>(day)
  const today = dayWindow(gatewayNowMs())
  const isToday = day.fromMs === today.fromMs
  const goTo = (next: TimeWindow) => {
    setDay(next)
    show(next)
  }
  const shown = useMemo(() => ({ window, whole: day, show }), [window, day])
  return (
    <>
      <Section title={t('line.day')}>
        <DayBar day={day} today={today} onDay={goTo} shown={shown} />
        <Legend isNarrow={isNarrow} />
        <Timelines tiles={tiles} shown={shown} isToday={isToday} isNarrow={isNarrow} />
        {below}
      </Section>
      <DaySums machines={machines} day={day} isToday={isToday} />
    </>
  )
}

function Tiles({ tiles }: { readonly tiles: readonly LineTile[] }) {
  return (
    <ul class="tiles">
      {tiles.map((tile) => (
        <li key={tile.machine}>
          <Tile tile={tile} />
        </li>
      ))}
    </ul>
  )
}

interface DaySumsProps {
  /** All of them, where it is undefined. */
  readonly machines: readonly LineTile[] | undefined
  readonly day: TimeWindow
  readonly isToday: boolean
}

function DaySums({ machines, day, isToday }: DaySumsProps) {
  const codes = machines
    ?.map(({ machine }) => encodeURIComponent(machine))
    .toSorted()
    .join(',')
  const from = new Date(day.fromMs).toISOString()
  const to = new Date(day.toMs).toISOString()
  const ask = (signal: AbortSignal) => get<SumsOnWire>('/line/sums', { from, to, machines: codes }, signal)
  const loaded = useLoaded(ask, [from, codes], isToday ? SUMS_AGAIN_MS : undefined)
  return <Awaited loaded={loaded}>{(sums) => <Sums sums={sums} />}</Awaited>
}
