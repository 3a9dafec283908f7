/** Every signal of a machine, as it is now. */
import type { SignalOnWire } from '../../../../src/api/machine/shapes.ts'
import { Lasting } from '../../parts/age.tsx'
import { Section } from '../../parts/section.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'

interface SignalsProps {
  readonly signals: readonly SignalOnWire[]
  readonly hasSeveralDevices: boolean
}

const TONES = { good: 'good', uncertain: 'warn', bad: 'bad' } as const

export function Signals({ signals, hasSeveralDevices }: SignalsProps) {
  return (
    <Section title={t('machine.signals')} aside={signals.length}>
      <Table
        label={t('machine.signals')}
        columns={columns(hasSeveralDevices)}
        rows={signals}
        keyOf={({ device, signal }) => `${device} ${signal}`}
      />
    </Section>
  )
}

function columns(hasSeveralDevices: boolean): readonly Column<SignalOnWire>[] {
  return [
    {
      title: t('machine.signal'),
      isHead: true,
      cell: (signal) => <Name signal={signal} hasDevice={hasSeveralDevices} />,
    },
    { title: t('machine.value'), cell: (signal) => <Value signal={signal} /> },
    { title: t('machine.raw'), cell: ({ raw, raw_hex }) => <Raw raw={raw} hex={raw_hex} /> },
    { title: t('machine.quality'), cell: (signal) => <Quality signal={signal} /> },
    { title: t('machine.age'), cell: ({ since }) => since && <Lasting since={since} /> },
    {
      title: t('machine.address'),
      cell: ({ address, type }) => (
        <span class="code">
          {address}
          {type && ` · ${type}`}
        </span>
      ),
    },
  ]
}

function Name({ signal, hasDevice }: { readonly signal: SignalOnWire; readonly hasDevice: boolean }) {
  return (
    <>
      {signal.signal}
      <span class="signal-notes">
        {hasDevice && <span class="help">{signal.device}</span>}
        {signal.role && <span class="badge">{signal.role}</span>}
        {!signal.is_relevant && <span class="help">{t('machine.notNeeded')}</span>}
      </span>
    </>
  )
}

function Value({ signal }: { readonly signal: SignalOnWire }) {
  if (!signal.is_read) return <span class="help">{t('machine.notRead')}</span>
  if (signal.value === null) return <span class="help">{t('machine.noValue')}</span>
  return (
    <span class="signal-value">
      {signal.value}
      {signal.unit && ` ${signal.unit}`}
    </span>
  )
}

function Raw({ raw, hex }: { readonly raw: string | null; readonly hex: string | null }) {
  if (raw === null) return null
  return (
    <span class="code">
      {raw}
      {hex && <span class="help"> {hex}</span>}
    </span>
  )
}

function Quality({ signal }: { readonly signal: SignalOnWire }) {
  if (!signal.is_read) return null
  if (!signal.is_current) return <Lamp tone="off">{t('machine.before')}</Lamp>
  return (
    <>
      <Lamp tone={TONES[signal.quality]}>{t(`machine.${signal.quality}`)}</Lamp>
      {signal.doubt && <p class="fault">{signal.doubt}</p>}
    </>
  )
}
