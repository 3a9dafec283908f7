/** What a machine in shadow would have written. */
import type { ShadowOnWire } from '../../../../src/api/machine/shadow-shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { durationText, momentText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Awaited, Empty } from '../../parts/states.tsx'
import { Lamp, StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus } from '../../parts/status-of.ts'
import { type Column, Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'
import { whyText } from './why-text.ts'

type ShadowRow = ShadowOnWire['rows'][number]

const EVERY_MS = 5_000

export function ShadowRows({ machine }: { readonly machine: string }) {
  const path = `/machines/${encodeURIComponent(machine)}/shadow`
  const loaded = useLoaded((signal) => get<ShadowOnWire>(path, {}, signal), [path], EVERY_MS)
  return (
    <Section title={t('machine.shadowRows')}>
      <Awaited loaded={loaded}>
        {({ rows, since }) => (
          <div class="stack">
            <p class="help">{t('machine.shadowSince', { time: momentText(since) })}</p>
            {rows.length === 0 ? (
              <Empty icon="machine" title={t('machine.noShadowRows')} />
            ) : (
              <Table
                label={t('machine.shadowRows')}
                columns={columns()}
                rows={rows}
                keyOf={({ kind, at }) => `${kind} ${at}`}
              />
            )}
          </div>
        )}
      </Awaited>
    </Section>
  )
}

function columns(): readonly Column<ShadowRow>[] {
  return [
    { title: t('machine.status'), isHead: true, cell: (row) => <RowStatus row={row} /> },
    { title: t('machine.began'), cell: ({ at }) => <time dateTime={at}>{momentText(at)}</time> },
    {
      title: t('machine.lasted'),
      cell: ({ lasted_s: lasted }) =>
        lasted === null ? <span class="help">{t('machine.goesOn')}</span> : durationText(lasted),
    },
    { title: t('machine.why'), cell: whyText },
  ]
}

function RowStatus({ row }: { readonly row: ShadowRow }) {
  if (row.kind === 'downtime') return <Lamp tone="bad">{t('machine.downtime')}</Lamp>
  return <StatusLamp status={shownStatus(row.status, row.reason)} />
}
