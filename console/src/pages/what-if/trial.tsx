/** The text that is tried, the time on which, and what came of it. */
import { useState } from 'preact/hooks'
import type { WhatIfOnWire } from '../../../../src/api/what-if/shapes.ts'
import { post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceBar, TextArea } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Awaited, Fault, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { type Base, useDraft, useFile } from '../edit/use-draft.ts'
import { Comparison } from './comparison.tsx'

const HOUR_MS = 3_600_000
const SPANS = {
  '8': 'whatIf.hours8',
  '24': 'whatIf.day1',
  '48': 'whatIf.days2',
  '72': 'whatIf.days3',
} as const
type Hours = keyof typeof SPANS
/** The gateway itself gives a replay up after two minutes, and says so: the page waits for that. */
const REPLAY_WAIT_MAX_MS = 150_000
const ROWS = 18

interface TrialProps {
  readonly file: string
  readonly machine: string
}

export function Trial(props: TrialProps) {
  const loaded = useFile(props.file)
  return (
    <Awaited loaded={loaded}>
      {(present) =>
        present ? (
          <TriedText {...props} present={{ text: present.text, hash: present.hash }} />
        ) : (
          <Notice tone="warn">{t('whatIf.fileGone')}</Notice>
        )
      }
    </Awaited>
  )
}

/** What is written here and on the page Edit is one draft. */
function TriedText({ file, machine, present }: TrialProps & { readonly present: Base }) {
  const draft = useDraft(file, present)
  const [hours, setHours] = useState<Hours>('24')
  const [result, setResult] = useState<{ readonly text: string; readonly value: WhatIfOnWire }>()
  const replay = useAction(async () => {
    const to = new Date()
    const from = new Date(to.getTime() - Number(hours) * HOUR_MS)
    const body = { file, text: draft.text, from: from.toISOString(), to: to.toISOString() }
    setResult({
      text: draft.text,
      value: await post<WhatIfOnWire>('/what-if', body, undefined, REPLAY_WAIT_MAX_MS),
    })
  })
  const choices = Object.entries(SPANS).map(([value, label]) => ({ value: value as Hours, label: t(label) }))
  return (
    <>
      <Section title={t('whatIf.text')}>
        <p class="help">{draft.isChanged ? t('whatIf.textChanged') : t('whatIf.textSame')}</p>
        <div class="tried-text">
          <TextArea label={file} value={draft.text} onInput={draft.setText} rows={ROWS} />
        </div>
        <div class="trial-bar">
          <span>{t('whatIf.span')}</span>
          <ChoiceBar label={t('whatIf.span')} value={hours} choices={choices} onChoose={setHours} />
          <Button kind="main" icon="what-if" isBusy={replay.isBusy} onPress={replay.run}>
            {t('whatIf.replay')}
          </Button>
        </div>
        {replay.isBusy && <p role="status">{t('whatIf.replaying')}</p>}
        {replay.fault && <Fault fault={replay.fault} />}
        {replay.fault?.body.faults?.map((fault) => (
          <p key={`${fault.line}:${fault.column}:${fault.message}`} class="trial-fault">
            {fault.line}:{fault.column} {fault.message}
            {fault.hint && <span class="help"> {fault.hint}</span>}
          </p>
        ))}
      </Section>
      {result && result.text !== draft.text && <Notice tone="warn">{t('whatIf.older')}</Notice>}
      {result && <Comparison machine={machine} result={result.value} />}
      {result && draft.isChanged && (
        <p class="trial-apply">
          <a class="button main" href={`/edit/${encodeURIComponent(file)}`}>
            {t('whatIf.apply')}
          </a>
        </p>
      )}
    </>
  )
}
