/** What the day came to: the availability of the machines, and which reasons took the most time. */
import type { StopSumOnWire, SumsOnWire } from '../../../../src/api/line/shapes.ts'
import { numberText, shareText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'
import { categoryWord, reasonWord, sumText } from './words.ts'

type Time = Pick<SumsOnWire['line'], 'availability' | 'running_s' | 'standing_s' | 'unplanned_s' | 'unseen_s'>
type MachineTime = SumsOnWire['machines'][number]

export function Sums({ sums }: { readonly sums: SumsOnWire }) {
  return (
    <div class="line-sums">
      <Section title={t('line.availability')}>
        <Availability sums={sums} />
      </Section>
      <Section title={t('line.stops')}>
        <Stops stops={sums.line.stops} />
      </Section>
    </div>
  )
}

function Availability({ sums: { line, machines } }: { readonly sums: SumsOnWire }) {
  return (
    <>
      <p class="availability">{availabilityText(line)}</p>
      <p class="help">{t('line.availabilityHelp')}</p>
      <TimeBar time={line} />
      <dl class="time-legend">
        <LegendEntry kind="running" seconds={line.running_s} />
        <LegendEntry kind="standing" seconds={line.standing_s} />
        <LegendEntry kind="unplanned" seconds={line.unplanned_s} />
        <LegendEntry kind="unseen" seconds={line.unseen_s} />
      </dl>
      {machines.length > 1 && (
        <div class="sums-scroll">
          <Table
            label={t('line.availability')}
            columns={machineColumns()}
            rows={worstFirst(machines)}
            keyOf={({ machine }) => machine}
          />
        </div>
      )}
    </>
  )
}

type Use = 'running' | 'standing' | 'unplanned' | 'unseen'
const USES: readonly Use[] = ['running', 'standing', 'unplanned', 'unseen']

function LegendEntry({ kind, seconds }: { readonly kind: Use; readonly seconds: number }) {
  return (
    <div>
      <dt>
        <span class={`time-mark use-${kind}`} aria-hidden="true" /> {t(`line.${kind}`)}
      </dt>
      <dd>{sumText(seconds)}</dd>
    </div>
  )
}

function TimeBar({ time }: { readonly time: Time }) {
  const whole = USES.reduce((sum, use) => sum + time[`${use}_s`], 0)
  if (whole === 0) return null
  return (
    <div class="time-bar" aria-hidden="true">
      {USES.map((use) => (
        <span key={use} class={`use-${use}`} style={{ width: `${(time[`${use}_s`] / whole) * 100}%` }} />
      ))}
    </div>
  )
}

function availabilityText({ availability }: Time): string {
  return availability === null ? t('line.notMeasured') : shareText(availability)
}

function worstFirst(machines: readonly MachineTime[]): readonly MachineTime[] {
  return machines.toSorted((a, b) => (a.availability ?? 2) - (b.availability ?? 2))
}

function machineColumns(): readonly Column<MachineTime>[] {
  return [
    {
      title: t('line.machine'),
      cell: ({ machine }) => <a href={`/machine/${encodeURIComponent(machine)}`}>{machine}</a>,
      isHead: true,
    },
    {
      title: t('line.availability'),
      cell: ({ availability }) => (availability === null ? '–' : shareText(availability)),
      isNumber: true,
    },
    { title: t('line.standing'), cell: (row) => sumText(row.standing_s), isNumber: true },
    { title: t('line.unseen'), cell: (row) => sumText(row.unseen_s), isNumber: true },
  ]
}

/** The reasons that took the most time, each with a bar as long as its share of the longest. */
function Stops({ stops }: { readonly stops: readonly StopSumOnWire[] }) {
  const wholeS = stops.reduce((sum, { lasted_s: seconds }) => sum + seconds, 0)
  const longestS = stops[0]?.lasted_s ?? 0
  if (stops.length === 0) return <p class="help">{t('line.noStops')}</p>
  const columns: readonly Column<StopSumOnWire>[] = [
    {
      title: t('line.reason'),
      cell: ({ reason, category, lasted_s: seconds }) => (
        <div class="pareto-reason">
          <span>
            {reasonWord(reason)} <span class="pareto-category">{categoryWord(category)}</span>
          </span>
          <span class="pareto-bar" style={{ width: `${(seconds / Math.max(1, longestS)) * 100}%` }} />
        </div>
      ),
      isHead: true,
    },
    { title: t('line.count'), cell: ({ count }) => numberText(count), isNumber: true },
    { title: t('line.time'), cell: (row) => sumText(row.lasted_s), isNumber: true },
    {
      title: t('line.share'),
      cell: (row) => (wholeS > 0 ? shareText(row.lasted_s / wholeS, 0) : ''),
      isNumber: true,
    },
  ]
  return (
    <Table
      label={t('line.stops')}
      columns={columns}
      rows={stops}
      keyOf={({ reason, category }) => `${reason} ${category}`}
    />
  )
}
