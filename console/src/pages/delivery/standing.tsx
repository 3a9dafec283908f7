/** How full the local log is, and how each route stands: in words, with what is to be done. */
import type { DeliveryShape, ForecastShape, RouteStandingShape } from '../../../../src/api/delivery/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Age, Lasting } from '../../parts/age.tsx'
import { bytesText, durationText, momentText, numberText } from '../../parts/format.ts'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { DepthPlot } from './depth-plot.tsx'

const EVERY_MS = 5_000
/** Below this two clocks agree, as far as people are concerned. */
const CLOCK_AGREES_MS = 500

export function Standing() {
  const loaded = useLoaded((signal) => get<DeliveryShape>('/delivery', {}, signal), [], EVERY_MS)
  return (
    <Awaited loaded={loaded}>
      {(delivery) => (
        <div class="stack">
          {delivery.outbox.blocked && (
            <Notice tone="bad">{t('delivery.blocked', { why: delivery.outbox.blocked })}</Notice>
          )}
          <LocalLog delivery={delivery} />
          <Routes delivery={delivery} />
          <Losses delivery={delivery} />
        </div>
      )}
    </Awaited>
  )
}

function LocalLog({ delivery: { outbox, depth } }: { readonly delivery: DeliveryShape }) {
  return (
    <Section title={t('delivery.log')}>
      <Facts>
        <Fact name={t('delivery.waiting')}>{t('delivery.events', { count: outbox.pending })}</Fact>
        <Fact name={t('delivery.oldest')}>
          {outbox.oldest_at ? <Age at={outbox.oldest_at} /> : t('delivery.nothingWaits')}
        </Fact>
        <Fact name={t('delivery.size')}>
          {t('delivery.sizeOf', { bytes: bytesText(outbox.bytes), max: bytesText(outbox.max_bytes) })}
          <meter
            class="fill"
            min={0}
            max={outbox.max_bytes}
            value={outbox.bytes}
            aria-label={t('delivery.size')}
          />
        </Fact>
        <Fact name={t('delivery.lastEvent')}>{numberText(outbox.last_seq)}</Fact>
      </Facts>
      {outbox.held_open_bytes > 0 && (
        <p class="help">{t('delivery.heldOpen', { bytes: bytesText(outbox.held_open_bytes) })}</p>
      )}
      <h3 class="plot-title">{t('delivery.depth')}</h3>
      <DepthPlot depth={depth} />
    </Section>
  )
}

function Routes({ delivery: { routes } }: { readonly delivery: DeliveryShape }) {
  return (
    <Section title={t('delivery.routes')}>
      <ul class="routes">
        {routes.map((route) => (
          <Route key={route.route} route={route} />
        ))}
      </ul>
    </Section>
  )
}

const TONES: Readonly<Record<RouteStandingShape['state'], Tone>> = {
  connected: 'good',
  connecting: 'info',
  away: 'warn',
  waiting: 'warn',
  fenced: 'bad',
  held: 'bad',
}

function Route({ route }: { readonly route: RouteStandingShape }) {
  const { state, cause, is_central: isCentral, must } = route
  return (
    <li class="route">
      <div class="route-head">
        <h3>
          {isCentral ? t('delivery.central') : route.route}
          {must === 'best-effort' && <span class="badge">{t('delivery.bestEffort')}</span>}
        </h3>
        <span>
          <Lamp tone={TONES[state]}>{t(`delivery.state_${state}`)}</Lamp>{' '}
          <span class="help">
            {t('delivery.since')} <Lasting since={route.since} />
          </span>
        </span>
      </div>
      {cause && <p class="route-cause">{cause}</p>}
      <p class="help">{t(`delivery.hint_${state}`)}</p>
      <Facts>
        <Fact name={t('delivery.waiting')}>
          {t('delivery.events', { count: route.pending })}
          {route.oldest_at && (
            <span class="help below">
              <Age at={route.oldest_at} />
            </span>
          )}
        </Fact>
        <Fact name={t('delivery.forecast')}>
          {outlookText(route.forecast)}
          <Rates forecast={route.forecast} />
        </Fact>
        <Fact name={t('delivery.clock')}>{clockText(route)}</Fact>
        {route.quarantined > 0 && (
          <Fact name={t('delivery.inQuarantine')}>
            <a href="/delivery/quarantine">{t('delivery.rowsOf', { count: route.quarantined })}</a>
          </Fact>
        )}
        {route.missed > 0 && (
          <Fact name={t('delivery.missed')}>
            {t('delivery.events', { count: route.missed })}
            <span class="help below">{t('delivery.missedHint')}</span>
          </Fact>
        )}
      </Facts>
    </li>
  )
}

function outlookText({ outlook, minutes }: ForecastShape): string {
  if (outlook === 'drains') return t('delivery.outlook_drains', { time: durationText((minutes ?? 0) * 60) })
  return t(`delivery.outlook_${outlook}`)
}

function Rates({ forecast }: { readonly forecast: ForecastShape }) {
  const { in_per_min: came, out_per_min: went, measured_s: seconds } = forecast
  if (came === null || went === null) return null
  return (
    <span class="help below">
      {t('delivery.rates', { came: numberText(came), went: numberText(went), time: durationText(seconds) })}
    </span>
  )
}

function clockText({ clock_offset_ms: offsetMs }: RouteStandingShape): string {
  if (offsetMs === null) return t('delivery.clockUnknown')
  if (Math.abs(offsetMs) < CLOCK_AGREES_MS) return t('delivery.clockSame')
  return t('delivery.clockOff', { time: durationText(Math.ceil(Math.abs(offsetMs) / 1_000)) })
}

function Losses({ delivery: { losses, replaced } }: { readonly delivery: DeliveryShape }) {
  if (losses.length === 0 && !replaced) return null
  return (
    <Section title={t('delivery.losses')}>
      {replaced && (
        <p>
          {momentText(replaced.at)}: {t('delivery.replaced', { damage: replaced.damage })}
        </p>
      )}
      {losses.length > 0 && <p class="help">{t('delivery.lossesHint')}</p>}
      <ul>
        {losses.map((loss) => (
          <li key={loss.first_seq}>
            {t('delivery.loss', {
              from: numberText(loss.first_seq),
              to: numberText(loss.last_seq),
              damage: loss.damage,
            })}
          </li>
        ))}
      </ul>
    </Section>
  )
}
