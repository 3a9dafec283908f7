/** The devices of a machine, and how their links are. */
import type { MachineOnWire } from '../../../../src/api/machine/shapes.ts'
import { Age, Lasting } from '../../parts/age.tsx'
import { Section } from '../../parts/section.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

type Device = MachineOnWire['devices'][number]

const TONES: Readonly<Record<Device['state'], Tone>> = {
  connected: 'good',
  connecting: 'info',
  silent: 'warn',
  lost: 'bad',
}

export function Devices({ devices }: { readonly devices: readonly Device[] }) {
  return (
    <Section title={t('machine.devices')}>
      <ul class="devices">
        {devices.map((device) => (
          <li key={device.device}>
            <div class="device-head">
              <strong>{device.device}</strong>
              <Lamp tone={TONES[device.state]}>{t(`machine.${device.state}`)}</Lamp>
              <span class="help">
                {t('machine.for')} <Lasting since={device.since} />
              </span>
            </div>
            <p class="help">
              {device.protocol}
              {device.last_contact && device.state !== 'connected' && (
                <>
                  {' · '}
                  {t('machine.lastContact')} <Age at={device.last_contact} />
                </>
              )}
            </p>
            {device.error && <p class="fault">{device.error}</p>}
            {device.remark && <p class="help">{device.remark}</p>}
          </li>
        ))}
      </ul>
    </Section>
  )
}
