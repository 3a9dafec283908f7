/** Big buttons for what the machine does now, a countdown, and what was recorded so far. */
import { useState } from 'preact/hooks'
import type { PhaseAsk, TeachSession } from '../../../../src/api/connect/teach-shapes.ts'
import { post, remove } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { StatusLamp } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { draft } from './draft.ts'

type Kind = PhaseAsk['kind']
type TaughtStatus = NonNullable<PhaseAsk['status']>
type Phase = TeachSession['phases'][number]

const KINDS: readonly Kind[] = [
  'run',
  'stop',
  'emergency_stop',
  'door_open',
  'fault',
  'setup',
  'starved',
  'off',
  'other',
]
export const TAUGHT: readonly TaughtStatus[] = [
  'running',
  'idle',
  'down',
  'setup',
  'maintenance',
  'available',
]
const SECONDS_MIN = 3
const SECONDS_MAX = 120

export function Phases({ session }: { readonly session: TeachSession }) {
  const [more, setMore] = useState<Pick<PhaseAsk, 'label' | 'status' | 'reason'>>({})
  const running = session.phases.find((phase) => phase.left_s !== null)
  const begin = useAction(async (kind: Kind) => {
    const seconds = Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, Number(draft().seconds) || 10))
    await post(`/connect/teach/${session.teach}/phases`, { kind, seconds, ...filled(more) })
    setMore({})
  })
  return (
    <div class="stack">
      {running ? (
        <Recording teach={session.teach} phase={running} />
      ) : (
        <>
          <p>
            <strong>{t('connect.nowDoes')}</strong>
          </p>
          <ul class="connect-phases">
            {KINDS.map((kind) => (
              <li key={kind}>
                <button type="button" class="connect-choice" onClick={() => void begin.run(kind)}>
                  <strong>{t(`connect.phase_${kind}`)}</strong>
                  <span class="help">{t(`connect.do_${kind}`)}</span>
                </button>
              </li>
            ))}
          </ul>
          <PhaseDetails more={more} onChange={setMore} />
        </>
      )}
      {begin.fault && <Fault fault={begin.fault} />}
      <Recorded session={session} />
    </div>
  )
}

/** How long it still has to go on. The page says it aloud once, and not each second. */
function Recording({ teach, phase }: { readonly teach: string; readonly phase: Phase }) {
  const end = useAction(() => post(`/connect/teach/${teach}/phases/end`))
  const left = phase.left_s ?? 0
  return (
    <div class="connect-countdown">
      <p role="status">{t('connect.keepDoing', { what: phaseText(phase) })}</p>
      <p class="connect-seconds" aria-hidden="true">
        {Math.ceil(left)}
      </p>
      <progress
        aria-label={t('connect.secondsLeft')}
        value={phase.recorded_s}
        max={Math.max(1, phase.recorded_s + left)}
      />
      <Button icon="stop" isBusy={end.isBusy} onPress={end.run}>
        {t('connect.endPhase')}
      </Button>
    </div>
  )
}

function PhaseDetails({
  more,
  onChange,
}: {
  readonly more: Pick<PhaseAsk, 'label' | 'status' | 'reason'>
  readonly onChange: (more: Pick<PhaseAsk, 'label' | 'status' | 'reason'>) => void
}) {
  return (
    <details class="connect-more">
      <summary>{t('connect.phaseMore')}</summary>
      <div class="connect-fields">
        <TextField
          label={t('connect.phaseLabel')}
          value={more.label ?? ''}
          onInput={(label) => onChange({ ...more, label })}
        />
        <SelectField
          label={t('connect.phaseStatus')}
          value={more.status ?? ''}
          choices={[
            { value: '', label: t('connect.usual') },
            ...TAUGHT.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
          onChoose={(status) => onChange({ ...more, status: status || undefined })}
        />
        <TextField
          label={t('connect.reason')}
          help={t('connect.reasonHelp')}
          value={more.reason ?? ''}
          onInput={(reason) => onChange({ ...more, reason })}
        />
      </div>
    </details>
  )
}

function Recorded({ session }: { readonly session: TeachSession }) {
  const phases = session.phases.filter((phase) => phase.left_s === null)
  const discard = useAction((phase: number) => remove(`/connect/teach/${session.teach}/phases/${phase}`))
  if (phases.length === 0) return <p class="help">{t('connect.twoPhases')}</p>
  return (
    <>
      {discard.fault && <Fault fault={discard.fault} />}
      <ul class="connect-recorded">
        {phases.map((phase) => (
          <li key={phase.phase}>
            <StatusLamp status={phase.status} />
            <span>
              <strong>{phaseText(phase)}</strong>{' '}
              <span class="help">
                {t('connect.recorded', { seconds: Math.round(phase.recorded_s), count: phase.readings })}
                {phase.reason && ` · ${phase.reason}`}
              </span>
            </span>
            <IconButton
              icon="close"
              label={t('connect.removePhase', { label: phaseText(phase) })}
              onPress={() => discard.run(phase.phase)}
            />
            {phase.doubt && <Notice tone="warn">{phase.doubt}</Notice>}
          </li>
        ))}
      </ul>
    </>
  )
}

/** In the reader's words; a name that somebody has given it stands as it is. */
export function phaseText({ label }: { readonly label: string }): string {
  const kind = KINDS.find((one) => one.replaceAll('_', ' ') === label)
  return kind ? t(`connect.phase_${kind}`) : label
}

function filled(more: Pick<PhaseAsk, 'label' | 'status' | 'reason'>) {
  return Object.fromEntries(Object.entries(more).filter(([, value]) => value?.trim()))
}
