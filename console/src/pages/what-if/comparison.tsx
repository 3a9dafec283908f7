/** Both sides of a comparison: in a few sentences, as timelines above each other, and stop by stop. */
import { useState } from 'preact/hooks'
import type { WhatIfOnWire, WhatIfPair, WhatIfSide, WhatIfStop } from '../../../../src/api/what-if/shapes.ts'
import { CheckField } from '../../parts/field.tsx'
import { clockText, dayText, durationText, shareText } from '../../parts/format.ts'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Notice } from '../../parts/states.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { type PlainTextKey, t } from '../../texts/catalogue.ts'
import { Axis } from '../line/axis.tsx'
import { ZoomBar } from '../line/day-bar.tsx'
import { Legend } from '../line/legend.tsx'
import { Strip } from '../line/strip.tsx'
import type { TimeWindow } from '../line/time-window.ts'
import { categoryWord, reasonWord } from '../line/words.ts'
import { summary, unknowns } from './summary.ts'

const NARROW = matchMedia('(max-width: 40rem)')

interface ComparisonProps {
  readonly machine: string
  readonly result: WhatIfOnWire
}

export function Comparison({ machine, result }: ComparisonProps) {
  return (
    <>
      <Section title={t('whatIf.result')}>
        <ul class="summary">
          {summary(result).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {unknowns(result).map((line) => (
          <Notice key={line} tone="warn">
            {line}
          </Notice>
        ))}
        <div class="sides">
          <Sums title={t('whatIf.before')} side={result.before} />
          <Sums title={t('whatIf.after')} side={result.after} />
        </div>
      </Section>
      <Timelines machine={machine} result={result} />
      <Stops result={result} />
    </>
  )
}

function Sums({ title, side }: { readonly title: string; readonly side: WhatIfSide }) {
  const { availability, running_s: running, standing_s: standing, unseen_s: unseen } = side
  return (
    <div>
      <h3>{title}</h3>
      <Facts>
        <Fact name={t('whatIf.availability')}>{availability === null ? '–' : shareText(availability)}</Fact>
        <Fact name={t('whatIf.running')}>{durationText(running)}</Fact>
        <Fact name={t('whatIf.standing')}>{durationText(standing)}</Fact>
        <Fact name={t('whatIf.unseen')}>{durationText(unseen)}</Fact>
        <Fact name={t('whatIf.stops')}>
          {t('whatIf.stopsSum', { count: side.stops, time: durationText(side.stops_s) })}
        </Fact>
      </Facts>
    </div>
  )
}

/** On one axis, with the differences between them. */
function Timelines({ machine, result }: ComparisonProps) {
  const whole = {
    fromMs: Math.max(Date.parse(result.from), Date.parse(result.recorded.from)),
    toMs: Math.min(Date.parse(result.to), Date.parse(result.recorded.to)),
  }
  const [window, show] = useState<TimeWindow>(whole)
  const shown = { window, whole, show }
  const sides = [
    { title: t('whatIf.before'), stretches: result.before.stretches },
    { title: t('whatIf.after'), stretches: result.after.stretches },
  ]
  return (
    <Section title={t('whatIf.timelines')} aside={<ZoomBar shown={shown} />}>
      <div class="compared">
        <Axis window={window} turns={[]} isNarrow={NARROW.matches} />
        {sides.map(({ title, stretches }) => (
          <div key={title} class="compared-side">
            <h3>{title}</h3>
            <Strip machine={`${machine}, ${title}`} stretches={stretches} turns={[]} shown={shown} />
          </div>
        ))}
        <div class="compared-side">
          <h3>{t('whatIf.differences')}</h3>
          <Marks result={result} window={window} />
        </div>
      </div>
      <Legend isNarrow={NARROW.matches} />
    </Section>
  )
}

function Marks({ result, window }: { readonly result: WhatIfOnWire; readonly window: TimeWindow }) {
  const share = (ms: number) => ((ms - window.fromMs) / (window.toMs - window.fromMs)) * 100
  const within = result.differences
    .map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) }))
    .filter(({ fromMs, toMs }) => fromMs < window.toMs && toMs > window.fromMs)
  return (
    <div class="difference-marks" aria-hidden="true">
      {within.map(({ fromMs, toMs }) => {
        const left = Math.max(0, share(fromMs))
        const width = Math.min(100, share(toMs)) - left
        return <span key={fromMs} style={{ left: `${left}%`, width: `${width}%` }} />
      })}
    </div>
  )
}

const KINDS: Readonly<Record<WhatIfPair['kind'], PlainTextKey>> = {
  same: 'whatIf.same',
  changed: 'whatIf.changed',
  gone: 'whatIf.gone',
  new: 'whatIf.new',
  unknown: 'whatIf.unknown',
}
const CHANGES: Readonly<Record<string, PlainTextKey>> = {
  begin: 'whatIf.changedBegin',
  end: 'whatIf.changedEnd',
  reason: 'whatIf.changedReason',
  category: 'whatIf.changedCategory',
  work_order: 'whatIf.changedOrder',
}

function Stops({ result }: { readonly result: WhatIfOnWire }) {
  const [isAll, setAll] = useState(false)
  const rows = result.stops.filter(({ kind }) => isAll || kind !== 'same')
  const columns: readonly Column<WhatIfPair>[] = [
    { title: t('whatIf.difference'), isHead: true, cell: kindWords },
    { title: t('whatIf.before'), cell: ({ before }) => before && <Stop stop={before} /> },
    { title: t('whatIf.after'), cell: ({ after }) => after && <Stop stop={after} /> },
  ]
  return (
    <Section title={t('whatIf.stops')}>
      <CheckField label={t('whatIf.showSame')} isChecked={isAll} onChange={setAll} />
      {rows.length === 0 ? (
        <p class="help">{t('whatIf.noStops')}</p>
      ) : (
        <Table
          label={t('whatIf.stops')}
          columns={columns}
          rows={rows}
          keyOf={keyOf}
          classOf={({ kind }) => `stop-${kind}`}
        />
      )}
    </Section>
  )
}

function keyOf({ kind, before, after }: WhatIfPair): string {
  return `${kind} ${before?.from ?? ''} ${after?.from ?? ''}`
}

function kindWords({ kind, changes }: WhatIfPair): string {
  const words = changes.flatMap((change) => {
    const key = CHANGES[change]
    return key ? [t(key)] : []
  })
  return words.length === 0 ? t(KINDS[kind]) : `${t(KINDS[kind])}: ${words.join(', ')}`
}

function Stop({ stop }: { readonly stop: WhatIfStop }) {
  const { from, to, lasted_s: lasted, reason, category, code } = stop
  const end = to === null ? t('whatIf.goesOn') : clockText(to, true)
  return (
    <div class="stop-cell">
      <span>
        {dayText(from)}, {clockText(from, true)} – {end}
      </span>
      <strong>{durationText(lasted)}</strong>
      <span>
        {reasonWord(reason)}
        {category !== null && `, ${categoryWord(category)}`}
        {code !== null && ` (${code})`}
      </span>
    </div>
  )
}
