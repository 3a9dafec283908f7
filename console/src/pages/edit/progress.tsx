/** What becomes of what was saved: the trial as it goes on, with what the machine shows meanwhile, and how it ended. */
import { useState } from 'preact/hooks'
import type { SaveProgress } from '../../../../src/api/maps/shapes.ts'
import { useStream } from '../../api/stream.ts'
import { Age } from '../../parts/age.tsx'
import { Section } from '../../parts/section.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { LiveSignals } from './live-signals.tsx'
import { pathOf } from './use-draft.ts'

type Subject = SaveProgress['subjects'][number]

const TONES: Readonly<Record<Subject['state'], Tone>> = {
  waiting: 'info',
  on_trial: 'info',
  kept: 'good',
  untried: 'warn',
  rolled_back: 'bad',
  not_taken: 'bad',
  replaced: 'off',
  gone: 'off',
}

/** What somebody has to know who opens a file that he has not saved: what stands in it is not, or not for sure, what is in force. */
const NOT_SETTLED: ReadonlySet<Subject['state']> = new Set(['on_trial', 'rolled_back', 'not_taken'])

/** @param isFromHere whether it was saved from this page just now */
export function Progress({ file, isFromHere }: { readonly file: string; readonly isFromHere: boolean }) {
  const [progress, setProgress] = useState<SaveProgress>()
  useStream<SaveProgress>(`${pathOf(file)}/progress/events`, setProgress)
  const subjects = progress?.subjects.filter(({ state }) => isFromHere || NOT_SETTLED.has(state)) ?? []
  if (subjects.length === 0) return null
  return (
    <Section title={t('edit.progress')}>
      <ul class="edit-progress">
        {subjects.map((subject) => (
          <li key={`${subject.kind}:${subject.code}`}>
            <OneProgress subject={subject} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

function OneProgress({ subject }: { readonly subject: Subject }) {
  const { kind, code, state, why, unread_s: unread, unread_max_s: max, reading } = subject
  const isOpen = state === 'on_trial' || state === 'untried' || state === 'waiting'
  return (
    <>
      <p class="row">
        <strong>{code}</strong>
        {/* Only this is read aloud: seconds that are counted and values that change would never let anybody hear an end. */}
        <span role="status">
          <Lamp tone={TONES[state]}>{t(`edit.state_${state}`)}</Lamp>
        </span>
        {reading?.seen_at && isOpen && (
          <span class="help">
            {t('edit.lastRead')} <Age at={reading.seen_at} />
          </span>
        )}
      </p>
      {state === 'on_trial' && unread > 0 && (
        <p class="row">
          <progress max={max} value={unread} aria-label={t('edit.unread', { s: unread, max })} />
          <span class="help">{t('edit.unread', { s: unread, max })}</span>
        </p>
      )}
      {why && <p class="fault">{why}</p>}
      {isOpen && reading?.trouble && <p class="help">{reading.trouble}</p>}
      {kind === 'machine' && state !== 'gone' && <LiveSignals machine={code} />}
    </>
  )
}
