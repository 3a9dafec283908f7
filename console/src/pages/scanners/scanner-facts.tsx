/** How one scanner and its station stand. */
import type { ScannersShape } from '../../../../src/api/scanners/shapes.ts'
import { Age, Lasting } from '../../parts/age.tsx'
import { ButtonLink } from '../../parts/button.tsx'
import { bytesText, numberText } from '../../parts/format.ts'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Notice } from '../../parts/states.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

type Scanner = ScannersShape['scanners'][number]

const TONES: Readonly<Record<Scanner['state'], Tone>> = {
  connected: 'good',
  connecting: 'info',
  lost: 'bad',
  'not-running': 'off',
}

/** As it stands in the list of all. */
export function ScannerHead({ scanner }: { readonly scanner: Scanner }) {
  const path = `/scanners/${encodeURIComponent(scanner.scanner)}`
  return (
    <>
      <div class="scanner-head">
        <h2>
          <a href={path}>{scanner.scanner}</a>
        </h2>
        <State scanner={scanner} />
      </div>
      {scanner.error && <p>{scanner.error}</p>}
      <Facts>
        <Place scanner={scanner} />
        <Fact name={t('scanners.port')}>{scanner.where ?? t('scanners.noPort')}</Fact>
        <LastScan scanner={scanner} />
        <Counts scanner={scanner} />
      </Facts>
      <div class="row">
        <ButtonLink href={`${path}?show=card`} icon="print">
          {t('scanners.card')}
        </ButtonLink>
        <ButtonLink href={`${path}?show=programming`} kind="quiet">
          {t('scanners.programming')}
        </ButtonLink>
      </div>
    </>
  )
}

/** All that is known of it. */
export function ScannerDetail({ scanner }: { readonly scanner: Scanner }) {
  const { operator, held, work_orders: orders, remark, error } = scanner
  return (
    <Section title={t('scanners.standing')} aside={<State scanner={scanner} />}>
      {error && <Notice tone="bad">{error}</Notice>}
      {scanner.is_mute && <Notice tone="info">{t('scanners.mute')}</Notice>}
      <Facts>
        <Place scanner={scanner} />
        <Fact name={t('scanners.port')}>
          {scanner.where ?? t('scanners.noPort')}
          {remark && <span class="help below">{remark}</span>}
        </Fact>
        <LastScan scanner={scanner} />
        <Fact name={t('scanners.badgedIn')}>
          {operator === null ? t('scanners.nobody') : t('scanners.user', { id: String(operator) })}
        </Fact>
        {held > 0 && <Fact name={t('scanners.held')}>{t('scanners.scans', { count: held })}</Fact>}
        {orders.length > 0 && (
          <Fact name={t('scanners.orders')}>
            {orders.map(({ work_order: order, standing }) => (
              <span key={order} class="below">
                {t(standing === 'paused' ? 'scanners.order_paused' : 'scanners.order_started', { order })}
              </span>
            ))}
          </Fact>
        )}
        <Counts scanner={scanner} />
        {scanner.counts.discarded_bytes > 0 && (
          <Fact name={t('scanners.bytes')}>{bytesText(scanner.counts.discarded_bytes)}</Fact>
        )}
      </Facts>
      <Counted title={t('scanners.refused')} counted={scanner.refused} />
      <Counted title={t('scanners.noticed')} counted={scanner.noticed} />
    </Section>
  )
}

function State({ scanner: { state, since } }: { readonly scanner: Scanner }) {
  return (
    <span>
      <Lamp tone={TONES[state]}>{t(`scanners.state_${state}`)}</Lamp>{' '}
      {since && (
        <span class="help">
          {t('scanners.since')} <Lasting since={since} />
        </span>
      )}
    </span>
  )
}

function Place({ scanner: { location, machine } }: { readonly scanner: Scanner }) {
  return (
    <>
      {location && <Fact name={t('scanners.place')}>{location}</Fact>}
      {machine && (
        <Fact name={t('scanners.machine')}>
          <a href={`/machine/${encodeURIComponent(machine)}`}>{machine}</a>
        </Fact>
      )}
    </>
  )
}

function LastScan({ scanner: { last_scan: at } }: { readonly scanner: Scanner }) {
  return <Fact name={t('scanners.lastScan')}>{at ? <Age at={at} /> : t('scanners.never')}</Fact>
}

const COUNTED = ['good', 'bad', 'late', 'unsent'] as const

/** The good and the bad ones always; the others where there are any. */
function Counts({ scanner: { counts } }: { readonly scanner: Scanner }) {
  const shown = COUNTED.filter((what) => what === 'good' || what === 'bad' || counts[what] > 0)
  const words = shown.map((what) => `${numberText(counts[what])} ${t(`scanners.${what}`)}`)
  return <Fact name={t('scanners.counts')}>{words.join(', ')}</Fact>
}

function Counted({ title, counted }: { readonly title: string; readonly counted: Scanner['refused'] }) {
  if (counted.length === 0) return null
  return (
    <>
      <h3 class="counted-title">{title}</h3>
      <ul class="counted">
        {counted.map(({ why, count, last }) => (
          <li key={why}>
            {why}{' '}
            <span class="help">
              {t('scanners.times', { count })}, <Age at={last} />
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
