/** The status in force, what is about to follow it, and what keeps the rules from deciding. */
import type { MachineOnWire } from '../../../../src/api/machine/shapes.ts'
import { Lasting, useTimeUntil } from '../../parts/age.tsx'
import { Section } from '../../parts/section.tsx'
import { Notice } from '../../parts/states.tsx'
import { StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus, wordOf } from '../../parts/status-of.ts'
import { t } from '../../texts/catalogue.ts'
import { whyWord } from './why-word.ts'

export function Now({ machine }: { readonly machine: MachineOnWire }) {
  const { status, next, obstacle, is_transient } = machine
  return (
    <Section title={t('machine.now')}>
      <div class="verdict">
        {status ? (
          <>
            <p class="verdict-status">
              <StatusLamp status={shownStatus(status.is)} />
              <span>
                {t('machine.for')} <Lasting since={status.since} />
              </span>
            </p>
            {status.reason && <p>{t('machine.reason', { reason: status.reason })}</p>}
            {status.downtime_at && <Downtime at={status.downtime_at} now={machine.at} />}
          </>
        ) : (
          <p class="verdict-status">{t('machine.noStatus')}</p>
        )}
        {next && !obstacle && <Next next={next} />}
        {is_transient && <p class="help">{t('machine.transient')}</p>}
      </div>
      {obstacle && <Notice tone="warn">{t('machine.undecided', { what: obstacleText(obstacle) })}</Notice>}
    </Section>
  )
}

/** Counts down while what is shown has to last. */
function Next({ next }: { readonly next: NonNullable<MachineOnWire['next']> }) {
  const time = useTimeUntil(next.at)
  const status = wordOf(next.is)
  return (
    <p class="verdict-next">
      {next.reason === null
        ? t('machine.next', { status, time })
        : t('machine.nextReason', { status, reason: next.reason, time })}
    </p>
  )
}

function Downtime({ at, now }: { readonly at: string; readonly now: string }) {
  const time = useTimeUntil(at)
  return <p class="help">{at <= now ? t('machine.isDowntime') : t('machine.downtimeIn', { time })}</p>
}

function obstacleText({ why, device, signal, detail }: NonNullable<MachineOnWire['obstacle']>): string {
  const subject = signal ?? device
  const what = [whyWord(why), detail].filter(Boolean).join(': ')
  return subject === null ? what : `${subject}: ${what}`
}
