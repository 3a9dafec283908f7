/** What the colours and heights of the timelines mean, and how they are walked. */
import { statusWord } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

const STATUSES = ['running', 'down', 'setup', 'idle', 'maintenance', 'available', 'decommissioned'] as const

/** @param isNarrow shown on request */
export function Legend({ isNarrow }: { readonly isNarrow: boolean }) {
  if (!isNarrow) return <Meanings />
  return (
    <details>
      <summary>{t('line.colours')}</summary>
      <Meanings />
    </details>
  )
}

function Meanings() {
  return (
    <>
      <ul class="legend">
        {STATUSES.map((status) => (
          <li key={status}>
            <span class={`legend-mark mark-${status}`} aria-hidden="true" /> {statusWord(status)}
          </li>
        ))}
        <li>
          <span class="legend-mark mark-unseen" aria-hidden="true" /> {t('line.unseen')}
        </li>
      </ul>
      <p class="help">{t('line.stripHelp')}</p>
    </>
  )
}
