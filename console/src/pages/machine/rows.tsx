/** The last rows of a machine, whether central has them, and the question why it was so at some time. */
import { useState } from 'preact/hooks'
import type { MachineRow, MachineRows } from '../../../../src/api/machine/row-shapes.ts'
import { get } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { durationText, momentText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Awaited, Empty, Fault, Notice } from '../../parts/states.tsx'
import { Lamp, StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus } from '../../parts/status-of.ts'
import { type Column, Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'
import { RowDetail } from './row-detail.tsx'
import { whyText } from './why-text.ts'

const EVERY_MS = 10_000
/** A downtime and the row of its status begin at the same moment, and others may lie within it. */
const AROUND = 20

interface RowsProps {
  readonly machine: string
  /** Changes when there is something new to ask for. */
  readonly newest: string
}

/** What the dialog shows: one row, or those of a moment. */
interface Asked {
  readonly title: string
  readonly rows: readonly MachineRow[]
}

export function Rows({ machine, newest }: RowsProps) {
  const path = `/machines/${encodeURIComponent(machine)}/rows`
  const loaded = useLoaded((signal) => get<MachineRows>(path, {}, signal), [path, newest], EVERY_MS)
  const [asked, setAsked] = useState<Asked>()
  const openRow = (row: MachineRow) =>
    setAsked({ title: t('machine.detailsOf', { time: momentText(row.at) }), rows: [row] })
  return (
    <Section title={t('machine.rows')} aside={loaded.value && <UnderWay rows={loaded.value.rows} />}>
      <Awaited loaded={loaded}>
        {(answer) => (
          <>
            {answer.refused.map(({ route, reason, count }) => (
              <Notice key={route + reason} tone="warn">
                <a href="/delivery">{t('machine.refusedRows', { route, count, reason })}</a>
              </Notice>
            ))}
            {answer.rows.length === 0 ? (
              <Empty icon="machine" title={t('machine.noRows')} />
            ) : (
              <>
                <AskTime path={path} onAnswer={setAsked} />
                <Table
                  label={t('machine.rows')}
                  columns={columns(openRow)}
                  rows={answer.rows}
                  keyOf={({ kind, at }) => `${kind} ${at}`}
                />
                {answer.kept_from && (
                  <p class="help">{t('machine.keptFrom', { time: momentText(answer.kept_from) })}</p>
                )}
              </>
            )}
          </>
        )}
      </Awaited>
      {asked && <RowDetail title={asked.title} rows={asked.rows} onClose={() => setAsked(undefined)} />}
    </Section>
  )
}

function UnderWay({ rows }: { readonly rows: readonly MachineRow[] }) {
  const count = rows.filter((row) => !isDelivered(row)).length
  if (rows.length === 0) return null
  return count === 0 ? (
    <Lamp tone="good">{t('machine.allDelivered')}</Lamp>
  ) : (
    <Lamp tone="info">{t('machine.underWay', { count })}</Lamp>
  )
}

/** "Why was it down at 03:12?" */
function AskTime({ path, onAnswer }: { readonly path: string; readonly onAnswer: (asked: Asked) => void }) {
  const [time, setTime] = useState('')
  const ask = useAction(async () => {
    const atMs = new Date(time).getTime()
    if (Number.isNaN(atMs)) return
    const before = new Date(atMs + 1).toISOString()
    const { rows } = await get<MachineRows>(path, { before, limit: AROUND })
    onAnswer({ title: t('machine.was', { time: momentText(atMs) }), rows: rowsAt(rows, atMs) })
  })
  return (
    <div class="ask-time">
      <Form onSubmit={ask.run}>
        <TextField
          label={t('machine.askTime')}
          help={t('machine.askHelp')}
          type="datetime-local"
          value={time}
          onInput={setTime}
          isRequired
        />
        <Button isSubmit icon="search" isBusy={ask.isBusy}>
          {t('machine.ask')}
        </Button>
      </Form>
      {ask.fault && <Fault fault={ask.fault} />}
    </div>
  )
}

/** The newest status row that had begun by then, and the downtime that it lies in. */
function rowsAt(rows: readonly MachineRow[], atMs: number): readonly MachineRow[] {
  const status = rows.find(({ kind }) => kind === 'status')
  const downtime = rows.find(
    ({ kind, until }) => kind === 'downtime' && (until === null || new Date(until).getTime() > atMs),
  )
  return [status, downtime].filter((row) => row !== undefined)
}

function columns(onOpen: (row: MachineRow) => void): readonly Column<MachineRow>[] {
  return [
    { title: t('machine.status'), isHead: true, cell: (row) => <RowStatus row={row} /> },
    { title: t('machine.began'), cell: ({ at }) => <time dateTime={at}>{momentText(at)}</time> },
    {
      title: t('machine.lasted'),
      cell: ({ lasted_s }) =>
        lasted_s === null ? <span class="help">{t('machine.goesOn')}</span> : durationText(lasted_s),
    },
    { title: t('machine.why'), cell: whyText },
    {
      title: t('machine.toCentral'),
      cell: (row) => (
        <Lamp tone={isDelivered(row) ? 'good' : 'off'}>
          {isDelivered(row) ? t('machine.isThere') : t('machine.onItsWay')}
        </Lamp>
      ),
    },
    {
      title: t('machine.details'),
      cell: (row) => (
        <Button
          kind="quiet"
          label={t('machine.detailsOf', { time: momentText(row.at) })}
          onPress={() => onOpen(row)}
        >
          {t('machine.details')}
        </Button>
      ),
    },
  ]
}

function RowStatus({ row }: { readonly row: MachineRow }) {
  if (row.kind === 'downtime') return <Lamp tone="bad">{t('machine.downtime')}</Lamp>
  return <StatusLamp status={shownStatus(row.status, row.reason)} />
}

/** Central is the first route. */
function isDelivered({ delivered }: MachineRow): boolean {
  return delivered[0]?.is_delivered ?? true
}
