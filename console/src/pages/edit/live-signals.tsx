/** What a machine shows while its map is on trial. */
import { useState } from 'preact/hooks'
import type { MachineOnWire } from '../../../../src/api/machine/shapes.ts'
import { useStream } from '../../api/stream.ts'
import { Fact, Facts } from '../../parts/section.tsx'
import { type ShownStatus, StatusLamp } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

export function LiveSignals({ machine }: { readonly machine: string }) {
  const [shown, setShown] = useState<MachineOnWire>()
  useStream<MachineOnWire>(`/machines/${encodeURIComponent(machine)}/events`, setShown)
  if (!shown) return null
  const status = (shown.status?.is ?? 'unknown') as ShownStatus
  return (
    <>
      <Facts>
        <Fact name={t('edit.status')}>
          <StatusLamp status={status} />
        </Fact>
        {shown.signals.map(({ signal, value, unit, is_read: isRead }) => (
          <Fact key={signal} name={signal}>
            {isRead ? [value ?? '—', unit].filter(Boolean).join(' ') : t('edit.notRead')}
          </Fact>
        ))}
      </Facts>
      <p>
        <a href={`/machine/${encodeURIComponent(machine)}`}>{t('edit.toMachine', { machine })}</a>
      </p>
    </>
  )
}
