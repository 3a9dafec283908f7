/** Everything that is known of a row: why it was begun, by which version of the map, and which routes have it. */
import type { ComponentChildren } from 'preact'
import type { MachineRow } from '../../../../src/api/machine/row-shapes.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { durationText, momentText } from '../../parts/format.ts'
import { Fact, Facts } from '../../parts/section.tsx'
import { Lamp, StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus, wordOf } from '../../parts/status-of.ts'
import { t } from '../../texts/catalogue.ts'
import { whyWord } from './why-word.ts'

interface RowDetailProps {
  readonly title: string
  /** None: nothing is recorded of that time. */
  readonly rows: readonly MachineRow[]
  readonly onClose: () => void
}

export function RowDetail({ title, rows, onClose }: RowDetailProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {rows.length === 0 && <p>{t('machine.nothingThen')}</p>}
      {rows.map((row) => (
        <One key={row.kind} row={row} />
      ))}
    </Dialog>
  )
}

function One({ row }: { readonly row: MachineRow }) {
  const { kind, status, reason, at, until, lasted_s, previous_status } = row
  return (
    <div class="row-detail">
      <p class="verdict-status">
        {kind === 'downtime' ? (
          <Lamp tone="bad">{t('machine.downtime')}</Lamp>
        ) : (
          <StatusLamp status={shownStatus(status, reason)} />
        )}
        {reason && <span>{reason}</span>}
      </p>
      <Facts>
        <Fact name={t('machine.fromTo')}>
          {momentText(at)} – {until === null ? t('machine.goesOn') : momentText(until)}
        </Fact>
        <Known name={t('machine.lasted')}>{lasted_s !== null && durationText(lasted_s)}</Known>
        <Known name={t('machine.previous')}>{previous_status && wordOf(previous_status)}</Known>
        <Why row={row} />
        <People row={row} />
        <Fact name={t('machine.toCentral')}>
          {row.delivered.map(({ route, is_delivered }) => (
            <p key={route}>
              <Lamp tone={is_delivered ? 'good' : 'off'}>
                {route}: {is_delivered ? t('machine.isThere') : t('machine.onItsWay')}
              </Lamp>
            </p>
          ))}
        </Fact>
      </Facts>
    </div>
  )
}

function Why({ row }: { readonly row: MachineRow }) {
  const { cause, unseen, code, later_codes, rule, marks, counted_unseen } = row
  return (
    <>
      <Known name={t('machine.causeTitle')}>
        {cause.length > 0 &&
          cause.map(({ signal, value }) => (
            <p key={signal} class="code">
              {signal} = {String(value)}
            </p>
          ))}
      </Known>
      <Known name={t('machine.unseenWhy')}>
        {unseen &&
          [unseen.signal ?? unseen.device, whyWord(unseen.why), unseen.detail].filter(Boolean).join(': ')}
      </Known>
      <Known name={t('machine.code')}>{code && [code, ...later_codes].join(', ')}</Known>
      <Known name={t('machine.countedUnseen')}>{counted_unseen}</Known>
      <Known name={t('machine.marks')}>{marks.length > 0 && marks.join(', ')}</Known>
      <Known name={t('machine.mapVersion')}>{rule && <span class="code">{rule}</span>}</Known>
    </>
  )
}

function People({ row }: { readonly row: MachineRow }) {
  const { work_order, operator, category, corrected_from } = row
  return (
    <>
      <Known name={t('machine.workOrder')}>{work_order}</Known>
      <Known name={t('machine.operator')}>{operator}</Known>
      <Known name={t('machine.category')}>{category}</Known>
      <Known name={t('machine.corrected')}>{corrected_from.length > 0 && corrected_from.join(', ')}</Known>
    </>
  )
}

/** A fact, where there is one. */
function Known({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return children === null || children === false || children === '' ? null : (
    <Fact name={name}>{children}</Fact>
  )
}
