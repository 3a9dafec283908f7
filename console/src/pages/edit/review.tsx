/** What would change, before anything is saved: in words, as lines, and what is wrong with it. */

import type { Action } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/copy-text.ts'
import { Section } from '../../parts/section.tsx'
import { Fault, Loading, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { Effects } from './effects.tsx'
import { ComparedWithFile } from './lines.tsx'
import type { Draft, Judged } from './use-draft.ts'

interface ReviewProps {
  readonly file: string
  readonly draft: Draft
  readonly judged: Judged
  readonly save: Action<[]>
  readonly notWritable: { readonly what: string; readonly hint: string | null } | null
}

export function Review({ file, draft, judged, save, notWritable }: ReviewProps) {
  const { verdict, isCurrent, fault } = judged
  if (fault) return <Fault fault={fault} />
  if (!verdict || !isCurrent) return <Loading />
  if (verdict.faults.length > 0)
    return <Notice tone="bad">{t('edit.faultsFirst', { count: verdict.faults.length })}</Notice>
  const isNew = draft.base.hash === null
  const label = isNew ? t('edit.make') : t('edit.apply')
  return (
    <>
      <Section
        title={t('edit.changes')}
        aside={
          notWritable ? (
            <Button icon="copy" onPress={() => copyText(draft.text)}>
              {t('edit.copyText')}
            </Button>
          ) : (
            <Button
              kind="main"
              icon="check"
              isBusy={save.isBusy}
              isDisabled={!draft.isChanged && !isNew}
              onPress={save.run}
            >
              {label}
            </Button>
          )
        }
      >
        <Effects effects={verdict.effects} />
        {verdict.warnings.length > 0 && (
          <Notice tone="warn">{t('edit.warningsToo', { count: verdict.warnings.length })}</Notice>
        )}
        <p class="help">{t('edit.othersStay')}</p>
      </Section>
      <Section title={t('edit.lines')}>
        <ComparedWithFile file={file} text={draft.text} label={t('edit.textOf', { file })} />
      </Section>
    </>
  )
}
