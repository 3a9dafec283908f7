/** Which versions of a map were in force: when, by whom they were saved and what each changed; each can be compared and taken up again. */
import { useState } from 'preact/hooks'
import type { MapHistory, MapVersionEntry, MapVersionText } from '../../../../src/api/maps/shapes.ts'
import { get } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { momentText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Awaited, Empty, Fault, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { ComparedWithFile } from './lines.tsx'
import { pathOf } from './use-draft.ts'

interface VersionsProps {
  readonly file: string
  /** Loads a version into the text, where it can be looked through and saved. Absent where the reader may not. */
  readonly onTake?: ((text: string) => void) | undefined
}

export function Versions({ file, onTake }: VersionsProps) {
  const loaded = useLoaded((signal) => get<MapHistory>(`${pathOf(file)}/versions`, {}, signal), [file])
  const [open, setOpen] = useState<{ readonly content: string; readonly version: MapVersionText }>()
  const look = useAction(async (content: string) => {
    const version = await get<MapVersionText>(`${pathOf(file)}/versions/${content}`)
    setOpen({ content, version })
  })
  return (
    <Awaited loaded={loaded}>
      {({ subjects }) =>
        subjects.every(({ versions }) => versions.length === 0) ? (
          <Empty icon="audit" title={t('edit.noVersions')} />
        ) : (
          <>
            {look.fault && <Fault fault={look.fault} />}
            {subjects.map(({ kind, code, versions }) => (
              <Section key={`${kind}:${code}`} title={t('edit.versionsOf', { code })}>
                <Table
                  label={t('edit.versions')}
                  columns={columns(look.run)}
                  rows={versions}
                  keyOf={({ at }) => at}
                />
              </Section>
            ))}
            {open && <OneVersion file={file} {...open} onTake={onTake} />}
          </>
        )
      }
    </Awaited>
  )
}

function columns(onLook: (content: string) => unknown): readonly Column<MapVersionEntry>[] {
  return [
    {
      title: t('edit.inForceSince'),
      isHead: true,
      cell: ({ at, in_force: isInForce }) => (
        <>
          <time dateTime={at}>{momentText(at)}</time>{' '}
          {isInForce && <Lamp tone="good">{t('edit.inForce')}</Lamp>}
        </>
      ),
    },
    { title: t('edit.author'), cell: ({ author }) => author ?? '—' },
    { title: t('edit.what'), cell: ({ what }) => what },
    {
      title: t('edit.text'),
      cell: ({ at, content, kept }) =>
        kept && may('configure') ? (
          <Button label={t('edit.compareOne', { at: momentText(at) })} onPress={() => onLook(content)}>
            {t('edit.compare')}
          </Button>
        ) : (
          <span class="help">{content === '' ? '—' : t('edit.notKept')}</span>
        ),
    },
  ]
}

interface OneVersionProps extends VersionsProps {
  readonly content: string
  readonly version: MapVersionText
}

function OneVersion({ file, content, version: { text, drawn_on_since: drawnOn }, onTake }: OneVersionProps) {
  return (
    <Section
      title={t('edit.restoreWould', { content })}
      aside={
        onTake && (
          <Button kind="main" icon="again" onPress={() => onTake(text)}>
            {t('edit.restore')}
          </Button>
        )
      }
    >
      {drawnOn.length > 0 && <Notice tone="warn">{t('edit.drawnOn', { files: drawnOn.join(', ') })}</Notice>}
      <ComparedWithFile file={file} text={text} label={t('edit.lines')} />
    </Section>
  )
}
