/** What the signals show while somebody works at the machine: what has changed last stands first. */
import type { TeachLive } from '../../../../src/api/connect/teach-shapes.ts'
import { durationText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'

const SHOWN_MAX = 25
const TONES = { good: 'good', uncertain: 'warn', bad: 'bad' } as const

export function LiveValues({ values }: Pick<TeachLive, 'values'>) {
  return (
    <Section title={t('connect.liveValues')}>
      {values.length === 0 ? (
        <p class="help">{t('connect.nothingChanged')}</p>
      ) : (
        <Table
          label={t('connect.liveValues')}
          rows={values.slice(0, SHOWN_MAX)}
          keyOf={({ signal }) => signal}
          columns={[
            { title: t('connect.signalName'), isHead: true, cell: ({ signal }) => signal },
            { title: t('connect.where'), cell: ({ address }) => <span class="code">{address}</span> },
            { title: t('connect.value'), cell: ({ shown }) => <strong>{shown}</strong> },
            {
              title: t('connect.quality'),
              cell: ({ quality }) => <Lamp tone={TONES[quality]}>{t(`connect.quality_${quality}`)}</Lamp>,
            },
            { title: t('connect.changes'), isNumber: true, cell: ({ changes }) => changes },
            { title: t('connect.age'), isNumber: true, cell: ({ age_s: age }) => durationText(age) },
          ]}
        />
      )}
    </Section>
  )
}
