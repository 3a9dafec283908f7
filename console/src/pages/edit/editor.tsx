/** One file: its text with what is wrong with it, what saving it would change, what became of it, and its versions. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FileText, MapFault, SavedFile } from '../../../../src/api/maps/shapes.ts'
import { CallError, put } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import type { Loaded } from '../../api/use-loaded.ts'
import { Button, ButtonLink } from '../../parts/button.tsx'
import { PageHead } from '../../parts/section.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { t } from '../../texts/catalogue.ts'
import { offsetOf, typeInto, wordAt } from './caret.ts'
import { CodeArea } from './code-area.tsx'
import { Conflict } from './conflict.tsx'
import { Faults } from './faults.tsx'
import { Progress } from './progress.tsx'
import { Removal } from './removal.tsx'
import { Review } from './review.tsx'
import { type Draft, type Judged, pathOf, useDraft, useVerdict } from './use-draft.ts'
import { Versions } from './versions.tsx'

interface EditorProps {
  readonly file: string
  /** As it is now; null: there is none of this name. */
  readonly present: FileText | null
  readonly loaded: Loaded<FileText | null>
  /** What a new file begins with. */
  readonly template: string
}

type Part = 'text' | 'changes' | 'versions'

const NEW = { text: '', hash: null }

export function Editor({ file, present, loaded, template }: EditorProps) {
  const draft = useDraft(file, present ?? NEW)
  const judged = useVerdict(file, draft.text)
  const [part, setPart] = useState<Part>('text')
  const [isRemoving, setRemoving] = useState(false)
  const [wasSaved, setSaved] = useState(false)
  useEffect(() => {
    if (!present && draft.text === '') draft.setText(template)
  }, [])
  const save = useAction(async () => {
    try {
      const { hash } = await put<SavedFile>(pathOf(file), { text: draft.text, read: draft.base.hash })
      draft.rebase({ text: draft.text, hash }, draft.text)
      setSaved(true)
      setPart('text')
    } catch (error) {
      if (!isConflict(error)) throw error
    }
    loaded.reload()
  })
  const isConflicting = !save.isBusy && !loaded.isLoading && (present?.hash ?? null) !== draft.base.hash
  const notWritable = present?.not_writable ?? null
  const take = (text: string) => {
    draft.setText(text)
    setPart('changes')
  }
  return (
    <>
      <PageHead title={file}>
        <ButtonLink href="/edit" icon="left">
          {t('edit.allFiles')}
        </ButtonLink>
        {present?.kind === 'map' && (
          <ButtonLink href={`/what-if/${encodeURIComponent(file)}`} icon="what-if">
            {t('shell.whatIf')}
          </ButtonLink>
        )}
        {present && <Button onPress={() => setRemoving(true)}>{t('edit.remove')}</Button>}
      </PageHead>
      {notWritable && (
        <Notice tone="warn">{[notWritable.what, notWritable.hint].filter(Boolean).join('; ')}</Notice>
      )}
      {save.fault && <Fault fault={save.fault} />}
      {present && <Progress file={file} isFromHere={wasSaved} />}
      {isConflicting ? (
        <Conflict file={file} draft={draft} present={present ?? NEW} />
      ) : (
        <Tabs label={file} tabs={tabsOf(judged, draft)} shown={part} onShow={setPart}>
          {part === 'text' && (
            <TextPart
              {...{ file, draft, judged }}
              named={present?.named ?? ''}
              onNext={() => setPart('changes')}
            />
          )}
          {part === 'changes' && <Review {...{ file, draft, judged, save, notWritable }} />}
          {part === 'versions' && <Versions file={file} onTake={take} />}
        </Tabs>
      )}
      {isRemoving && present && <Removal present={present} onClose={() => setRemoving(false)} />}
    </>
  )
}

function isConflict(error: unknown): boolean {
  return error instanceof CallError && error.body.code === 'map-changed-meanwhile'
}

function tabsOf({ verdict }: Judged, { isChanged }: Draft) {
  const count = verdict?.effects.length ?? 0
  return [
    { name: 'text', label: t('edit.text') },
    { name: 'changes', label: t('edit.changes'), ...(isChanged && { count }) },
    { name: 'versions', label: t('edit.versions') },
  ] as const
}

interface TextPartProps {
  readonly file: string
  readonly named: string
  readonly draft: Draft
  readonly judged: Judged
  readonly onNext: () => void
}

function TextPart({ file, named, draft, judged, onNext }: TextPartProps) {
  const area = useRef<HTMLTextAreaElement>(null)
  const { verdict, fault } = judged
  const { faults = [], warnings = [] } = verdict ?? {}
  // Of a new file the gateway has no name yet.
  const isHere = (one: MapFault) => named === '' || one.file === named
  const jump = (one: MapFault) => {
    const at = offsetOf(draft.text, one)
    area.current?.focus()
    area.current?.setSelectionRange(at, wordAt(draft.text, one).to)
  }
  const correct = (one: MapFault, word: string) => {
    const { from, to } = wordAt(draft.text, one)
    if (area.current) typeInto(area.current, word, from, to)
  }
  const found = { named: named || (faults[0]?.file ?? ''), onJump: jump, onCorrect: correct }
  return (
    <>
      <p class="row edit-standing">
        <Standing judged={judged} draft={draft} />
        <Button kind="main" isDisabled={!draft.isChanged || faults.length > 0} onPress={onNext}>
          {t('edit.review')}
        </Button>
      </p>
      {fault && <Fault fault={fault} />}
      <CodeArea
        label={t('edit.textOf', { file })}
        file={file}
        text={draft.text}
        onInput={draft.setText}
        faults={faults.filter(isHere)}
        warnings={warnings.filter(isHere)}
        area={area}
      />
      <p class="help edit-keys">{t('edit.keys')}</p>
      <Faults title={t('edit.faults', { count: faults.length })} faults={faults} tone="bad" {...found} />
      <Faults
        title={t('edit.warnings', { count: warnings.length })}
        faults={warnings}
        tone="warn"
        {...found}
      />
    </>
  )
}

function Standing({
  judged: { verdict, isCurrent },
  draft,
}: {
  readonly judged: Judged
  readonly draft: Draft
}) {
  if (!verdict || !isCurrent) return <Lamp tone="off">{t('edit.judging')}</Lamp>
  if (verdict.faults.length > 0)
    return <Lamp tone="bad">{t('edit.faults', { count: verdict.faults.length })}</Lamp>
  return <Lamp tone="good">{draft.isChanged ? t('edit.sound') : t('edit.unchanged')}</Lamp>
}
