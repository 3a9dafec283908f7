/** What is scanned just now, what it was understood as, and what came of it. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { LiveScanShape, LiveScansShape } from '../../../../src/api/scanners/shapes.ts'
import { useStream } from '../../api/stream.ts'
import { clockText } from '../../parts/format.ts'
import { Empty, Loading } from '../../parts/states.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

const VERDICT_TONES: Readonly<Record<NonNullable<LiveScanShape['verdict']>, Tone>> = {
  good: 'good',
  bad: 'bad',
  held: 'warn',
}

/** @param scanner of all where none is named */
export function LiveScans({ scanner }: { readonly scanner?: string }) {
  const [scans, setScans] = useState<readonly LiveScanShape[]>()
  useStream<LiveScansShape>('/scans', (event) => setScans(event.scans), { scanner })
  return (
    <>
      <p class="help">{t('scanners.scansHint')}</p>
      {scans === undefined && <Loading />}
      {scans?.length === 0 && <Empty icon="scanners" title={t('scanners.scansNone')} />}
      <p class="unseen" role="status">
        {scans?.[0] && newestText(scans[0])}
      </p>
      <ol class="scans">
        {scans?.map((scan) => (
          <ScanRow key={scan.id} scan={scan} hasScanner={scanner === undefined} />
        ))}
      </ol>
    </>
  )
}

function ScanRow({ scan, hasScanner }: { readonly scan: LiveScanShape; readonly hasScanner: boolean }) {
  return (
    <li class="scan">
      <div class="scan-head">
        <span class="help">
          {clockText(scan.at, true)}
          {hasScanner && ` ${scan.scanner}`}
        </span>
        <span class={scan.kind === 'code' ? 'scan-what code' : 'scan-what'}>{headOf(scan)}</span>
        <Verdict scan={scan} />
      </div>
      {(scan.verdict_why ?? scan.why) && <p class="scan-why">{scan.verdict_why ?? scan.why}</p>}
      {scan.kind === 'no-scan' && <p class="help">{t('scanners.noScanHint')}</p>}
      {scan.kind === 'code' && <Understood scan={scan} />}
    </li>
  )
}

/** What is read aloud of a scan: what it was and how it was answered, without everything that is known of it. */
function newestText(scan: LiveScanShape): string {
  const { verdict } = scan
  return verdict ? `${headOf(scan)}: ${t(`scanners.beep_${verdict}`)}` : headOf(scan)
}

function headOf({ kind, data, operator }: LiveScanShape): string {
  if (kind === 'code') return data ?? ''
  if (kind !== 'badge') return t(`scanners.kind_${kind}`)
  return operator === null ? t('scanners.badgeOfNobody') : t('scanners.badgeOf', { id: String(operator) })
}

function Verdict({ scan: { verdict, kind } }: { readonly scan: LiveScanShape }) {
  if (verdict) return <Lamp tone={VERDICT_TONES[verdict]}>{t(`scanners.beep_${verdict}`)}</Lamp>
  if (kind === 'no-scan' || kind === 'noise') return null
  return <Lamp tone="off">{t('scanners.noAnswer')}</Lamp>
}

function Understood({ scan }: { readonly scan: LiveScanShape }) {
  const { raw, data, aim_id: aimId, symbology, rule, lookup, fields, marks, verdict } = scan
  return (
    <dl class="understood">
      <Pair name={t('scanners.means')}>
        {meaningText(scan)}
        {rule && (
          <span class="help below">
            {t('scanners.ruleNumber', { number: rule.number })}: <span class="code">{rule.test}</span>
          </span>
        )}
      </Pair>
      {verdict === 'good' && (
        <Pair name={t('scanners.stored')}>
          {scan.stored.length > 0 ? scan.stored.join(', ') : t('scanners.storedNothing')}
        </Pair>
      )}
      <Pair name={t('scanners.symbology')}>
        {aimId ? [symbology, aimId].filter(Boolean).join(' ') : t('scanners.noAim')}
      </Pair>
      {lookup && (
        <Pair name={t('scanners.lookup')}>
          {lookupText(lookup)}
          <span class="help below">{t('scanners.lookedIn', { places: lookup.places.join(', ') })}</span>
        </Pair>
      )}
      {fields.length > 0 && (
        <Pair name={t('scanners.fields')}>
          {fields.map(({ name, value }) => (
            <span key={name} class="below">
              {fieldName(name)} <span class="code">{value}</span>
            </span>
          ))}
        </Pair>
      )}
      {marks.length > 0 && <Pair name={t('scanners.marks')}>{marks.map(markText).join('; ')}</Pair>}
      {raw !== data && (
        <Pair name={t('scanners.asSent')}>
          <span class="code">{raw}</span>
        </Pair>
      )}
    </dl>
  )
}

function Pair({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const MEANINGS = [
  'command',
  'work_order',
  'downtime_reason',
  'part',
  'reference',
  'no_scan',
  'unknown',
] as const

function meaningText({ meaning, meaning_value: value, scan_type: scanType }: LiveScanShape): string {
  const known = MEANINGS.find((one) => one === meaning)
  const kind = known ? t(`scanners.meaning_${known}`) : (meaning ?? '')
  if (known === 'reference') return `${kind} ${scanType}`
  return value === null ? kind : `${kind} ${value}`
}

function lookupText({ code, found, what }: NonNullable<LiveScanShape['lookup']>): string {
  return found === 'one'
    ? t('scanners.found_one', { code, what: what ?? '' })
    : t(`scanners.found_${found}`, { code })
}

const MARKS = ['gs_lost', 'check_digit', 'no_aim', 'not_utf8', 'ambiguous', 'need_missing'] as const

function markText(mark: string): string {
  const known = MARKS.find((one) => one === mark)
  return known ? t(`scanners.mark_${known}`) : mark
}

/** Data titles of the GS1 General Specifications, section 3, of the identifiers that labels mostly have. */
const DATA_TITLES: Readonly<Record<string, string>> = {
  '00': 'SSCC',
  '01': 'GTIN',
  '02': 'CONTENT',
  '10': 'BATCH/LOT',
  '11': 'PROD DATE',
  '13': 'PACK DATE',
  '15': 'BEST BEFORE',
  '17': 'USE BY',
  '21': 'SERIAL',
  '30': 'VAR. COUNT',
  '37': 'COUNT',
  '240': 'ADDITIONAL ID',
  '241': 'CUST. PART No.',
  '400': 'ORDER NUMBER',
}

function fieldName(name: string): string {
  const title = DATA_TITLES[name]
  return /^\d{2,4}$/.test(name) ? `(${name})${title ? ` ${title}` : ''}` : name
}
