/** One machine: what it shows now and why, and what it did. Without a machine in the address, all of them to choose from. */
import './machine.css'
import { useEffect, useState } from 'preact/hooks'
import type { MachineOnWire } from '../../../../src/api/machine/shapes.ts'
import { get } from '../../api/client.ts'
import { useStream } from '../../api/stream.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { ButtonLink } from '../../parts/button.tsx'
import { PageHead } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import type { PageProps } from '../../shell/page.ts'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { ChooseMachine } from './choose-machine.tsx'
import { Devices } from './devices.tsx'
import { Now } from './now.tsx'
import { Rows } from './rows.tsx'
import { Rules } from './rules.tsx'
import { ShadowRows } from './shadow-rows.tsx'
import { Signals } from './signals.tsx'

export function MachinePage({ params }: PageProps) {
  const { machine } = params
  return machine === undefined ? <ChooseMachine /> : <OneMachine key={machine} machine={machine} />
}

function OneMachine({ machine }: { readonly machine: string }) {
  const path = `/machines/${encodeURIComponent(machine)}`
  const asked = useLoaded((signal) => get<MachineOnWire>(path, {}, signal), [path])
  const [live, setLive] = useState<MachineOnWire>()
  // Asked for first: a stream that is refused does not say why.
  useStream<MachineOnWire>(asked.value && `${path}/events`, setLive)
  useEffect(() => setLive(asked.value), [asked.value])
  return (
    <>
      <Head machine={machine} live={live} />
      <Awaited loaded={asked}>{(first) => <Shown machine={live ?? first} />}</Awaited>
      {live?.is_shadow && <ShadowRows machine={machine} />}
      <Rows machine={machine} newest={live?.status ? `${live.status.is} ${live.status.since}` : ''} />
    </>
  )
}

function Head({ machine, live }: { readonly machine: string; readonly live: MachineOnWire | undefined }) {
  const name = live?.file.split('/').at(-1)
  const file = name && encodeURIComponent(name)
  return (
    <PageHead title={machine} intro={name}>
      {file && (
        <>
          <ButtonLink href={`/what-if/${file}`} icon="what-if">
            {t('machine.whatIf')}
          </ButtonLink>
          {may('configure') && (
            <ButtonLink href={`/edit/${file}`} icon="edit">
              {t('machine.edit')}
            </ButtonLink>
          )}
        </>
      )}
    </PageHead>
  )
}

function Shown({ machine }: { readonly machine: MachineOnWire }) {
  return (
    <>
      {machine.is_shadow && <Notice tone="info">{t('machine.shadow')}</Notice>}
      <div class="machine-now">
        <div>
          <Now machine={machine} />
          <Devices devices={machine.devices} />
        </div>
        <Rules rules={machine.rules} />
      </div>
      <Signals signals={machine.signals} hasSeveralDevices={machine.devices.length > 1} />
    </>
  )
}
