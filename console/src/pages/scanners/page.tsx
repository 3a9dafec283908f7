/** Every station with its scanner, what is scanned just now, and what is printed for it. */
import './scanners.css'
import type { ScannersShape } from '../../../../src/api/scanners/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Notice } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import type { PageProps } from '../../shell/page.ts'
import { goTo, queryValue } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { LiveScans } from './live-scans.tsx'
import { ProgrammingSheet } from './programming-sheet.tsx'
import { ScannerDetail, ScannerHead } from './scanner-facts.tsx'
import { WallCard } from './wall-card.tsx'

const EVERY_MS = 5_000
const PARTS = ['live', 'card', 'programming'] as const
type Part = (typeof PARTS)[number]

export function ScannersPage({ params }: PageProps) {
  return params.scanner === undefined ? <AllScanners /> : <OneScanner name={params.scanner} />
}

function useScanners() {
  return useLoaded((signal) => get<ScannersShape>('/scanners', {}, signal), [], EVERY_MS)
}

function AllScanners() {
  const loaded = useScanners()
  return (
    <>
      <PageHead title={t('shell.scanners')} intro={t('scanners.intro')} />
      <Awaited loaded={loaded}>
        {({ scanners }) =>
          scanners.length === 0 ? (
            <Empty icon="scanners" title={t('scanners.none')}>
              <p>{t('scanners.noneHint')}</p>
            </Empty>
          ) : (
            <>
              <ul class="scanner-list">
                {scanners.map((scanner) => (
                  <li key={scanner.scanner} class="section">
                    <ScannerHead scanner={scanner} />
                  </li>
                ))}
              </ul>
              <Section title={t('scanners.scansTitle')}>
                <LiveScans />
              </Section>
            </>
          )
        }
      </Awaited>
    </>
  )
}

function OneScanner({ name }: { readonly name: string }) {
  const loaded = useScanners()
  const shown = PARTS.find((part) => part === queryValue('show')) ?? 'live'
  const show = (part: Part) => goTo(`/scanners/${encodeURIComponent(name)}?show=${part}`)
  return (
    <>
      <PageHead title={name} intro={<a href="/scanners">{t('scanners.all')}</a>} />
      <Awaited loaded={loaded}>
        {({ scanners }) => {
          const scanner = scanners.find((one) => one.scanner === name)
          if (!scanner) return <Notice tone="bad">{t('scanners.unknown', { name })}</Notice>
          return (
            <Tabs
              label={t('scanners.parts')}
              tabs={PARTS.map((part) => ({ name: part, label: t(`scanners.${part}`) }))}
              shown={shown}
              onShow={show}
            >
              {shown === 'live' && (
                <>
                  <ScannerDetail scanner={scanner} />
                  <Section title={t('scanners.scansTitle')}>
                    <LiveScans scanner={name} />
                  </Section>
                </>
              )}
              {shown === 'card' && <WallCard scanner={name} />}
              {shown === 'programming' && <ProgrammingSheet scanner={name} />}
            </Tabs>
          )
        }}
      </Awaited>
    </>
  )
}
