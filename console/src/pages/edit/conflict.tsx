/** Somebody else has saved the file since it was read: both texts are shown, and whoever edits decides. */
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/section.tsx'
import { Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { ComparedWithFile } from './lines.tsx'
import type { Base, Draft } from './use-draft.ts'

interface ConflictProps {
  readonly file: string
  readonly draft: Draft
  /** What the file holds now. */
  readonly present: Base
}

export function Conflict({ file, draft, present }: ConflictProps) {
  return (
    <Section title={t('edit.conflict')}>
      <Notice tone="warn">{t('edit.conflictText')}</Notice>
      <ComparedWithFile file={file} text={draft.text} label={t('edit.lines')} />
      <p class="row">
        <Button onPress={() => draft.rebase(present, present.text)}>{t('edit.takeTheirs')}</Button>
        <Button onPress={() => draft.rebase(present, draft.text)}>{t('edit.keepMine')}</Button>
      </p>
    </Section>
  )
}
