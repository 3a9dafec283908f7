/** What is wrong now: one section for each kind, with since when, what to do, and the page where it is done. */
import './troubles.css'
import type { TroubleOnWire } from '../../../../src/api/troubles/shapes.ts'
import { Lasting } from '../../parts/age.tsx'
import { ButtonLink } from '../../parts/button.tsx'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { troublesNow, useTroubleWatch } from '../../shell/troubles.ts'
import { t } from '../../texts/catalogue.ts'
import { headline } from './headline.ts'
import { wayTo } from './way-to.ts'

const EVERY_MS = 2_000

export function TroublesPage() {
  useTroubleWatch(EVERY_MS)
  return (
    <>
      <PageHead title={t('shell.troubles')} intro={t('troubles.intro')} />
      <Awaited loaded={troublesNow()}>
        {({ troubles }) =>
          troubles.length === 0 ? (
            <Empty icon="check" title={t('troubles.none')}>
              <p>{t('troubles.noneHint')}</p>
            </Empty>
          ) : (
            [...Map.groupBy(troubles, ({ code }) => code)].map(([code, alike]) => (
              <Alike key={code} code={code} troubles={alike} />
            ))
          )
        }
      </Awaited>
    </>
  )
}

/** Troubles of one kind. */
function Alike({ code, troubles }: { readonly code: string; readonly troubles: readonly TroubleOnWire[] }) {
  return (
    <Section
      title={headline(code)}
      aside={troubles.length > 1 && <span class="badge">{troubles.length}</span>}
    >
      <ul class="troubles">
        {troubles.map((trouble) => (
          <One key={keyOf(trouble)} trouble={trouble} />
        ))}
      </ul>
    </Section>
  )
}

function One({ trouble }: { readonly trouble: TroubleOnWire }) {
  const { what, hint, since } = trouble
  const way = wayTo(trouble)
  return (
    <li class="trouble">
      <div class="trouble-head">
        <Lamp tone="bad">{subjectOf(trouble)}</Lamp>
        <span class="help">{since === null ? t('troubles.unknownSince') : <Lasting since={since} />}</span>
      </div>
      <p>{what}</p>
      {hint && (
        <p class="trouble-hint">
          <strong>{t('troubles.do')}:</strong> {hint}
        </p>
      )}
      {way && (
        <div>
          <ButtonLink href={way.href} icon="right">
            {way.label}
          </ButtonLink>
        </div>
      )}
    </li>
  )
}

/** Whom it is about, as far as that is known. */
function subjectOf({ machine, device, signal, scanner, code }: TroubleOnWire): string {
  const names = [machine, device === machine ? null : device, scanner, signal].filter((name) => name !== null)
  return names.length > 0 ? names.join(' · ') : code
}

function keyOf({ machine, device, signal, scanner, what }: TroubleOnWire): string {
  return [machine, device, signal, scanner, what].join('\n')
}
