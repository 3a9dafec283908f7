/** Which machine of the MES it is: out of the gateway's copy of central's list, or typed by hand. */
import { useState } from 'preact/hooks'
import type { PlantMachines } from '../../../../src/api/connect/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Age } from '../../parts/age.tsx'
import { TextField } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { change, draft } from './draft.ts'

type PlantMachine = PlantMachines['machines'][number]

const SHOWN_MAX = 30

/** The gateway reads central's list while somebody looks for it. */
const LOOK_EVERY_MS = 2_000

export function MachineStep() {
  const list = useLoaded((signal) => get<PlantMachines>('/connect/machines', {}, signal), [], LOOK_EVERY_MS)
  const { machine } = draft()
  return (
    <>
      <Section title={t('connect.machine')}>
        <TextField
          label={t('connect.machineCode')}
          help={t('connect.machineCodeHelp')}
          value={machine}
          onInput={(code) => change({ machine: code })}
        />
        <Awaited loaded={list}>{(value) => <MachineNotes list={value} />}</Awaited>
      </Section>
      {list.value && list.value.machines.length > 0 && <MachineList list={list.value} />}
    </>
  )
}

function MachineNotes({ list }: { readonly list: PlantMachines }) {
  const { machine } = draft()
  const known = list.machines.find(({ code }) => code === machine.trim())
  if (list.read_at === null) return <Notice tone="warn">{t('connect.noList')}</Notice>
  return (
    <>
      <p class="help">
        {[list.organization, list.plant].filter(Boolean).join(' · ')} · {t('connect.listRead')}{' '}
        <Age at={list.read_at} />
      </p>
      {machine.trim() !== '' && !known && <Notice tone="warn">{t('connect.unknownMachine')}</Notice>}
      {known?.map_file && <Notice tone="info">{t('connect.hasMap', { file: known.map_file })}</Notice>}
      {known && !known.is_active && <Notice tone="warn">{t('connect.inactive')}</Notice>}
    </>
  )
}

function MachineList({ list }: { readonly list: PlantMachines }) {
  const [search, setSearch] = useState('')
  const found = list.machines.filter(({ code, name }) =>
    `${code} ${name ?? ''}`.toLowerCase().includes(search.toLowerCase()),
  )
  return (
    <Section title={t('connect.machineList')}>
      <div class="stack">
        <TextField label={t('connect.searchMachine')} type="search" value={search} onInput={setSearch} />
        <ul class="connect-choices">
          {found.slice(0, SHOWN_MAX).map((one) => (
            <li key={one.code}>
              <MachineChoice machine={one} />
            </li>
          ))}
        </ul>
        {found.length > SHOWN_MAX && (
          <p class="help">{t('connect.moreMachines', { count: found.length - SHOWN_MAX })}</p>
        )}
      </div>
    </Section>
  )
}

function MachineChoice({ machine }: { readonly machine: PlantMachine }) {
  const { code, name, map_file: mapFile, is_active: isActive } = machine
  return (
    <button
      type="button"
      class="connect-choice"
      aria-pressed={draft().machine.trim() === code}
      onClick={() => change({ machine: code })}
    >
      <strong>{code}</strong>
      <span class="help">
        {[name, mapFile && t('connect.mappedAs', { file: mapFile }), isActive ? null : t('connect.notActive')]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </button>
  )
}
