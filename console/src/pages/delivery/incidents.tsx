/** What was written down at the destinations about this gateway. */
import type { IncidentShape, IncidentsShape } from '../../../../src/api/delivery/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { momentText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Awaited, Empty, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'

export function Incidents() {
  const loaded = useLoaded((signal) => get<IncidentsShape>('/delivery/incidents', {}, signal))
  return (
    <>
      <p class="help intro">{t('delivery.incidentsIntro')}</p>
      <Awaited loaded={loaded}>
        {({ incidents, faults }) => (
          <>
            {faults.map(({ route, what, hint }) => (
              <Notice key={route} tone="warn">
                <p>
                  {route}: {what}
                </p>
                {hint && <p class="help">{hint}</p>}
              </Notice>
            ))}
            {incidents.length === 0 && faults.length === 0 && (
              <Empty icon="check" title={t('delivery.incidentsNone')}>
                <p>{t('delivery.incidentsNoneHint')}</p>
              </Empty>
            )}
            {incidents.length > 0 && (
              <Section title={t('delivery.incidents')}>
                <ul class="kinds">
                  {incidents.map((incident) => (
                    <Incident key={`${incident.route} ${incident.at} ${incident.kind}`} incident={incident} />
                  ))}
                </ul>
              </Section>
            )}
          </>
        )}
      </Awaited>
    </>
  )
}

function Incident({ incident: { route, kind, at, detail } }: { readonly incident: IncidentShape }) {
  return (
    <li class="kind">
      <div class="kind-head">
        <h3>{titleOf(kind)}</h3>
        <span class="badge">{route}</span>
        <span class="help">{momentText(at)}</span>
      </div>
      <dl class="row-fields">
        {Object.entries(detail).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  )
}

const KNOWN = ['fence', 'gap', 'restore', 'adoption', 'discard', 'resend', 'loss', 'claim'] as const

/** Another version of the gateway may have written down what this one does not know. */
function titleOf(kind: string): string {
  const known = KNOWN.find((one) => one === kind)
  return known ? t(`delivery.incident_${known}`) : kind
}
