/** The files of the devices folder: what each describes and how it stands, and a new one. */
import { useState } from 'preact/hooks'
import type { FileList, ListedFile } from '../../../../src/api/maps/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Age } from '../../parts/age.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { goTo } from '../../shell/route.ts'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { NEW_KINDS, type NewKind, nameFor } from './templates.ts'

const AGAIN_MS = 5_000

export function FileListPage() {
  const loaded = useLoaded((signal) => get<FileList>('/maps', {}, signal), [], AGAIN_MS)
  const [isMaking, setMaking] = useState(false)
  return (
    <>
      <PageHead title={t('shell.edit')} intro={t('edit.intro')}>
        {may('configure') && (
          <Button icon="plus" kind="main" onPress={() => setMaking(true)}>
            {t('edit.newFile')}
          </Button>
        )}
      </PageHead>
      <Awaited loaded={loaded}>{(list) => <Files list={list} />}</Awaited>
      {isMaking && <NewFile onClose={() => setMaking(false)} />}
    </>
  )
}

function Files({ list }: { readonly list: FileList }) {
  const { files, passed_over: passedOver, not_writable: notWritable, folder } = list
  return (
    <>
      {notWritable && (
        <Notice tone="warn">{[notWritable.what, notWritable.hint].filter(Boolean).join('; ')}</Notice>
      )}
      <Section title={folder}>
        {files.length === 0 ? (
          <Empty icon="edit" title={t('edit.noFiles')} />
        ) : (
          <Table label={t('edit.allFiles')} columns={columns()} rows={files} keyOf={({ file }) => file} />
        )}
      </Section>
      {passedOver.length > 0 && (
        <Section title={t('edit.passedOver')}>
          <ul class="edit-effects">
            {passedOver.map(({ file, message, hint }) => (
              <li key={file}>
                <strong>{file}</strong>
                <span>{message}</span>
                {hint && <span class="help">{hint}</span>}
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}

function columns(): readonly Column<ListedFile>[] {
  return [
    {
      title: t('edit.file'),
      isHead: true,
      cell: ({ file }) => <a href={`/edit/${encodeURIComponent(file)}`}>{file}</a>,
    },
    { title: t('edit.kind'), cell: ({ kind }) => t(`edit.kind_${kind}`) },
    { title: t('edit.subject'), cell: ({ subject }) => subject ?? '—' },
    { title: t('edit.standing'), cell: (file) => <Standing file={file} /> },
    {
      title: t('edit.changed'),
      cell: ({ changed }) =>
        changed ? (
          <>
            {changed.what} (<Age at={changed.at} />)
          </>
        ) : (
          '—'
        ),
    },
  ]
}

function Standing({
  file: { kind, faults, rolled_back: rolledBack, in_force_since: since },
}: {
  readonly file: ListedFile
}) {
  if (rolledBack !== null) return <Lamp tone="bad">{t('edit.state_rolled_back')}</Lamp>
  if (faults > 0) return <Lamp tone="bad">{t('edit.faults', { count: faults })}</Lamp>
  if (since !== null) return <Lamp tone="good">{t('edit.inForce')}</Lamp>
  return kind === 'profile' || kind === 'table' ? <>—</> : <Lamp tone="off">{t('edit.notInForce')}</Lamp>
}

function NewFile({ onClose }: { readonly onClose: () => void }) {
  const [kind, setKind] = useState<NewKind>('machine')
  const [name, setName] = useState('')
  const file = nameFor(kind, name)
  const make = (event: Event) => {
    event.preventDefault()
    if (file) goTo(`/edit/${encodeURIComponent(file)}?kind=${kind}`)
  }
  return (
    <Dialog title={t('edit.newFile')} onClose={onClose}>
      <form class="form" onSubmit={make}>
        <SelectField
          label={t('edit.kind')}
          value={kind}
          choices={NEW_KINDS.map((value) => ({ value, label: t(`edit.kind_${value}`) }))}
          onChoose={setKind}
        />
        <TextField
          label={t('edit.name')}
          help={file ? t('edit.willBe', { file }) : t('edit.nameHelp')}
          value={name}
          onInput={setName}
          hasFocus
        />
        <footer>
          <Button onPress={onClose}>{t('parts.cancel')}</Button>
          <Button kind="main" isSubmit isDisabled={!file}>
            {t('edit.begin')}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
