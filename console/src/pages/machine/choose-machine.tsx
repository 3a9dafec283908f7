/** All machines, to choose one. */
import { useState } from 'preact/hooks'
import type { LineOnWire } from '../../../../src/api/line/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { ButtonLink } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty } from '../../parts/states.tsx'
import { StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus } from '../../parts/status-of.ts'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'

const EVERY_MS = 5_000

export function ChooseMachine() {
  const line = useLoaded((signal) => get<LineOnWire>('/line', {}, signal), [], EVERY_MS)
  return (
    <>
      <PageHead title={t('machine.choose')} />
      <Awaited loaded={line}>
        {({ machines }) => (machines.length === 0 ? <NoMachine /> : <Choice machines={machines} />)}
      </Awaited>
    </>
  )
}

function NoMachine() {
  return (
    <Empty icon="machine" title={t('machine.none')}>
      {may('configure') && (
        <ButtonLink href="/connect" kind="main" icon="connect">
          {t('shell.connect')}
        </ButtonLink>
      )}
    </Empty>
  )
}

function Choice({ machines }: { readonly machines: LineOnWire['machines'] }) {
  const [wanted, setWanted] = useState('')
  const found = machines.filter(({ machine }) => machine.toLowerCase().includes(wanted.trim().toLowerCase()))
  return (
    <Section title={t('shell.machine')} aside={machines.length}>
      <div class="stack">
        <div class="narrow">
          <TextField label={t('machine.find')} type="search" value={wanted} onInput={setWanted} />
        </div>
        {found.length === 0 && <p class="help">{t('machine.noneFound')}</p>}
        <ul class="machine-choice">
          {found.map(({ machine, status, reason }) => (
            <li key={machine}>
              <a href={`/machine/${encodeURIComponent(machine)}`}>
                <strong>{machine}</strong>
                <StatusLamp status={shownStatus(status, reason)} />
              </a>
            </li>
          ))}
        </ul>
      </div>
    </Section>
  )
}
