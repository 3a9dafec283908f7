/** What waits for central and the other routes, what they refused, and whether anything is missing. */
import './delivery.css'
import { PageHead } from '../../parts/section.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import type { PageProps } from '../../shell/page.ts'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { Audit } from './audit.tsx'
import { Incidents } from './incidents.tsx'
import { Quarantine } from './quarantine.tsx'
import { Standing } from './standing.tsx'

const PARTS = { standing: Standing, quarantine: Quarantine, audit: Audit, incidents: Incidents } as const
type Part = keyof typeof PARTS

export function DeliveryPage({ params }: PageProps) {
  const shown = partOf(params.part)
  const Shown = PARTS[shown]
  const tabs = (Object.keys(PARTS) as Part[]).map((name) => ({ name, label: t(`delivery.${name}`) }))
  const show = (name: Part) => goTo(name === 'standing' ? '/delivery' : `/delivery/${name}`)
  return (
    <>
      <PageHead title={t('shell.delivery')} intro={t('delivery.intro')} />
      <Tabs label={t('delivery.parts')} tabs={tabs} shown={shown} onShow={show}>
        <Shown />
      </Tabs>
    </>
  )
}

function partOf(name: string | undefined): Part {
  return name !== undefined && name in PARTS ? (name as Part) : 'standing'
}
