/** What the recorded days of a machine would have been under an edited map, before anything is applied. */
import '../line/line.css'
import './what-if.css'
import type { RecordedOnWire } from '../../../../src/api/what-if/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { SelectField } from '../../parts/field.tsx'
import { momentText } from '../../parts/format.ts'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Notice } from '../../parts/states.tsx'
import type { PageProps } from '../../shell/page.ts'
import { goTo } from '../../shell/route.ts'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { Trial } from './trial.tsx'

export function WhatIfPage({ params: { file } }: PageProps) {
  const recorded = useLoaded((signal) => get<RecordedOnWire>('/what-if', {}, signal))
  return (
    <>
      <PageHead title={t('shell.whatIf')} intro={t('whatIf.intro')} />
      {may('configure') ? (
        <Awaited loaded={recorded}>{(known) => <Recorded known={known} file={file} />}</Awaited>
      ) : (
        <Notice tone="info">{t('whatIf.onlyLooking')}</Notice>
      )}
    </>
  )
}

function Recorded({ known, file }: { readonly known: RecordedOnWire; readonly file: string | undefined }) {
  const { machines, retention_s: retention } = known
  if (retention === null) return <Empty icon="what-if" title={t('whatIf.off')} />
  if (machines.length === 0) return <Empty icon="what-if" title={t('whatIf.nothing')} />
  const chosen = machines.find((one) => one.file === file)
  const choices = [
    ...(chosen ? [] : [{ value: '', label: t('whatIf.choose') }]),
    ...machines.map((one) => ({ value: one.file, label: one.machine })),
  ]
  return (
    <>
      <Section title={t('whatIf.machine')}>
        <SelectField
          label={t('whatIf.machineField')}
          value={chosen?.file ?? ''}
          choices={choices}
          onChoose={(value) => value && goTo(`/what-if/${encodeURIComponent(value)}`)}
          help={chosen && t('whatIf.recordedFrom', { time: momentText(chosen.recorded_from) })}
        />
      </Section>
      {chosen && <Trial key={chosen.file} file={chosen.file} machine={chosen.machine} />}
    </>
  )
}
