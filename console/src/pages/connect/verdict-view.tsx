/** What was found at an address, step by step, with what to do. */

import { useState } from 'preact/hooks'
import type { ProbeVerdict } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { CheckField } from '../../parts/field.tsx'
import { dayText } from '../../parts/format.ts'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { changeField, draft } from './draft.ts'

type Certificate = ProbeVerdict['certificates'][number]

const TONES: Readonly<Record<ProbeVerdict['steps'][number]['verdict'], Tone>> = {
  good: 'good',
  doubtful: 'warn',
  bad: 'bad',
  unknown: 'off',
}
const NOTICES = { good: 'good', doubtful: 'warn', bad: 'bad' } as const

export function VerdictView({
  verdict,
  onProbe,
}: {
  readonly verdict: ProbeVerdict
  readonly onProbe: () => unknown
}) {
  const untrusted = verdict.certificates.filter(({ is_trusted: isTrusted }) => !isTrusted)
  return (
    <Section title={t('connect.verdict')}>
      <div class="stack">
        <Notice tone={NOTICES[verdict.verdict]}>
          <strong>{verdict.said}</strong>
        </Notice>
        <ul class="connect-verdict">
          {verdict.steps.map((step) => (
            <li key={step.step}>
              <Lamp tone={TONES[step.verdict]}>{t(`connect.probe_${step.step}`)}</Lamp>
              <span>{step.said}</span>
              {step.hint && <p class="help">{step.hint}</p>}
            </li>
          ))}
        </ul>
        {verdict.read_for.length > 0 && (
          <Notice tone="warn">{t('connect.readFor', { machines: verdict.read_for.join(', ') })}</Notice>
        )}
        <UnitChoice units={verdict.units} onProbe={onProbe} />
        <SecurityChoice securities={verdict.securities} onProbe={onProbe} />
        {untrusted.map((certificate) => (
          <TrustQuestion key={certificate.sha256} certificate={certificate} onTrusted={onProbe} />
        ))}
        {verdict.own_certificate && verdict.verdict !== 'good' && (
          <details class="connect-more">
            <summary>{t('connect.ownCertificate')}</summary>
            <p>{t('connect.ownCertificateHelp')}</p>
            <p class="code connect-fingerprint">{verdict.own_certificate.file}</p>
            <p class="code connect-fingerprint">{grouped(verdict.own_certificate.sha1)}</p>
          </details>
        )}
      </div>
    </Section>
  )
}

function UnitChoice({
  units,
  onProbe,
}: {
  readonly units: readonly number[]
  readonly onProbe: () => unknown
}) {
  const others = units.filter((unit) => String(unit) !== (draft().fields.unit?.trim() || '1'))
  if (others.length === 0) return null
  return (
    <div class="row">
      {others.map((unit) => (
        <Button
          key={unit}
          onPress={() => {
            changeField('unit', String(unit))
            onProbe()
          }}
        >
          {t('connect.useUnit', { unit: String(unit) })}
        </Button>
      ))}
    </div>
  )
}

/** What the server offers, where it is not what was asked for. */
function SecurityChoice({
  securities,
  onProbe,
}: {
  readonly securities: readonly string[]
  readonly onProbe: () => unknown
}) {
  const { fields } = draft()
  const others = securities.filter((one) => one !== fields.security?.trim())
  if (others.length === 0) return null
  return (
    <div class="stack">
      <p class="help">{t('connect.securitiesOffered')}</p>
      <div class="row">
        {others.map((one) => (
          <Button
            key={one}
            onPress={() => {
              changeField('security', one)
              onProbe()
            }}
          >
            {t('connect.useSecurity', { security: one })}
          </Button>
        ))}
      </div>
    </div>
  )
}

/** Somebody has to compare the fingerprint with what the device shows on its own display. */
function TrustQuestion({
  certificate,
  onTrusted,
}: {
  readonly certificate: Certificate
  readonly onTrusted: () => unknown
}) {
  const [isCompared, setCompared] = useState(false)
  const trust = useAction(async () => {
    const url = draft().fields.url?.trim() ?? ''
    await post('/connect/trust', { url, fingerprint: certificate.sha256 })
    await onTrusted()
  })
  return (
    <div class="connect-trust">
      <h3>{t('connect.trustTitle')}</h3>
      <p>{t('connect.trustHelp')}</p>
      <Facts>
        <Fact name={t('connect.certificateOf')}>{certificate.subject}</Fact>
        <Fact name={t('connect.validTo')}>{dayText(certificate.valid_to)}</Fact>
      </Facts>
      <p>SHA-256</p>
      <p class="code connect-fingerprint">{grouped(certificate.sha256)}</p>
      <p>SHA-1</p>
      <p class="code connect-fingerprint">{grouped(certificate.sha1)}</p>
      {certificate.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
      <CheckField label={t('connect.compared')} isChecked={isCompared} onChange={setCompared} />
      {trust.fault && <Fault fault={trust.fault} />}
      <Button kind="main" isDisabled={!isCompared} isBusy={trust.isBusy} onPress={trust.run}>
        {t('connect.trust')}
      </Button>
    </div>
  )
}

/** `AB12 CD34 …`, as displays show it. */
function grouped(fingerprint: string): string {
  return fingerprint
    .replaceAll(/[^0-9a-f]/gi, '')
    .toUpperCase()
    .replaceAll(/(.{4})(?=.)/g, '$1 ')
}
