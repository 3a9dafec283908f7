/** Who changed what, and when: the newest first. */
import { useEffect, useState } from 'preact/hooks'
import type { AuditTrailOnWire } from '../../../../src/console/shapes.ts'
import { get } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField } from '../../parts/field.tsx'
import { momentText } from '../../parts/format.ts'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Fault } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'

type Entry = AuditTrailOnWire['entries'][number]

const PATH = '/audit-trail'
const EVERYBODY = ''

export function AuditPage() {
  const [who, setWho] = useState(EVERYBODY)
  const newest = useLoaded((signal) => get<AuditTrailOnWire>(PATH, onlyOf(who), signal), [who])
  return (
    <>
      <PageHead title={t('shell.audit')} intro={t('audit.intro')} />
      <Awaited loaded={newest}>
        {(trail) => <Trail key={who} newest={trail} who={who} onWho={setWho} />}
      </Awaited>
    </>
  )
}

interface TrailProps {
  readonly newest: AuditTrailOnWire
  readonly who: string
  readonly onWho: (who: string) => void
}

function Trail({ newest, who, onWho }: TrailProps) {
  const [trail, setTrail] = useState(newest)
  useEffect(() => setTrail(newest), [newest])
  const { entries, more } = trail
  const older = useAction(async () => {
    const page = await get<AuditTrailOnWire>(PATH, { ...onlyOf(who), before: entries.at(-1)?.id })
    setTrail({ entries: [...entries, ...page.entries], more: page.more })
  })
  if (entries.length === 0 && who === EVERYBODY) return <Empty icon="audit" title={t('audit.none')} />
  const names = [...new Set([who, ...entries.map((entry) => entry.who ?? EVERYBODY)])].filter(
    (name) => name !== EVERYBODY,
  )
  const choices = [
    { value: EVERYBODY, label: t('audit.everybody') },
    ...names.map((name) => ({ value: name, label: name })),
  ]
  return (
    <Section
      title={t('shell.audit')}
      aside={<SelectField label={t('audit.only')} value={who} choices={choices} onChoose={onWho} />}
    >
      <Table label={t('shell.audit')} columns={columns()} rows={entries} keyOf={({ id }) => id} />
      {older.fault && <Fault fault={older.fault} />}
      {more && (
        <Button onPress={older.run} isBusy={older.isBusy}>
          {t('audit.older')}
        </Button>
      )}
    </Section>
  )
}

function onlyOf(who: string): { readonly who?: string } {
  return who === EVERYBODY ? {} : { who }
}

function columns(): readonly Column<Entry>[] {
  return [
    { title: t('audit.when'), cell: ({ at }) => <time dateTime={at}>{momentText(at)}</time> },
    { title: t('audit.who'), cell: ({ who, from }) => who ?? <span class="help">{nobodyText(from)}</span> },
    { title: t('audit.what'), cell: ({ what }) => what, isHead: true },
    { title: t('audit.from'), cell: ({ from }) => <span class="code">{from}</span> },
    { title: t('audit.result'), cell: ({ status }) => <Result status={status} /> },
  ]
}

function nobodyText(from: string): string {
  return from === 'gateway' ? t('audit.gateway') : t('audit.nobody')
}

/** Of HTTP: below 400 it was done. What the gateway or a command did has none. */
function Result({ status }: { readonly status: number | null }) {
  if (status === null) return null
  if (status < 400) return <Lamp tone="good">{t('audit.done')}</Lamp>
  return <Lamp tone="warn">{t('audit.refused', { status: String(status) })}</Lamp>
}
