/** Compares the local log with central, at somebody's request: how far it has come, and what it found. */
import type { AuditJobShape, AuditResultShape } from '../../../../src/api/delivery/shapes.ts'
import { get, post, remove } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Age } from '../../parts/age.tsx'
import { Button } from '../../parts/button.tsx'
import { momentText, numberText } from '../../parts/format.ts'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Awaited, Empty, Fault, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { Table } from '../../parts/table.tsx'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'

const EVERY_MS = 1_000

export function Audit() {
  const loaded = useLoaded((signal) => get<AuditJobShape>('/delivery/audit', {}, signal), [], EVERY_MS)
  const start = useAction(async () => {
    await post('/delivery/audit')
    loaded.reload()
  })
  const stop = useAction(async () => {
    await remove('/delivery/audit')
    loaded.reload()
  })
  const isRunning = loaded.value?.state === 'running'
  const fault = start.fault ?? stop.fault
  return (
    <>
      <div class="intro row">
        <p class="help">{t('delivery.auditIntro')}</p>
        {may('configure') &&
          (isRunning ? (
            <Button icon="stop" isBusy={stop.isBusy} onPress={stop.run}>
              {t('delivery.auditStop')}
            </Button>
          ) : (
            <Button kind="main" icon="search" isBusy={start.isBusy} onPress={start.run}>
              {t('delivery.auditStart')}
            </Button>
          ))}
      </div>
      {fault && <Fault fault={fault} />}
      <Awaited loaded={loaded}>{(job) => <Job job={job} />}</Awaited>
    </>
  )
}

function Job({ job }: { readonly job: AuditJobShape }) {
  const { state, fault, result } = job
  if (state === 'never') return <Empty icon="search" title={t('delivery.auditNever')} />
  return (
    <div class="stack">
      {state === 'running' && <Progress job={job} />}
      {state === 'stopped' && <Notice tone="warn">{t('delivery.auditStopped')}</Notice>}
      {fault && (
        <Notice tone="bad">
          <p>
            {t('delivery.auditFailed')}: {fault.what}
          </p>
          {fault.hint && <p class="help">{fault.hint}</p>}
        </Notice>
      )}
      {result && <Result job={job} result={result} />}
    </div>
  )
}

function Progress({ job: { progress } }: { readonly job: AuditJobShape }) {
  const phases = { rows: 'auditRunning', again: 'auditAgain', routes: 'auditRoutes' } as const
  return (
    <Section title={t(`delivery.${phases[progress?.phase ?? 'rows']}`)}>
      <progress
        class="progress"
        max={Math.max(1, progress?.last_seq ?? 1)}
        value={progress?.seq ?? 0}
        aria-label={t('delivery.auditRunning')}
      />
      {progress && (
        <p class="help">
          {t('delivery.auditProgress', {
            seq: numberText(progress.seq),
            last: numberText(progress.last_seq),
            compared: numberText(progress.compared),
            findings: numberText(progress.findings),
          })}
        </p>
      )}
    </Section>
  )
}

function Result({ job, result }: { readonly job: AuditJobShape; readonly result: AuditResultShape }) {
  const { is_clean: isClean, central, in_step: isInStep, chain, complete, resend } = result
  return (
    <Section
      title={t('delivery.audit')}
      aside={
        <span class="help">
          {job.ended_at && <Age at={job.ended_at} />} {job.by && t('delivery.auditBy', { name: job.by })}
        </span>
      }
    >
      <p class="verdict">
        <Lamp tone={isClean ? 'good' : 'bad'}>
          {t(isClean ? 'delivery.auditClean' : 'delivery.auditOpen')}
        </Lamp>
      </p>
      <Facts>
        <Fact name={t('delivery.auditCompared')}>{t('delivery.rowsOf', { count: result.compared })}</Fact>
        <Fact name={t('delivery.auditAcknowledged')}>{numberText(result.acknowledged)}</Fact>
        <Fact name={t('delivery.auditCentral')}>
          {central ? numberText(central.seq) : t('delivery.auditNoStream')}
        </Fact>
        {Object.entries(result.counts).map(([kind, count]) => (
          <Fact key={kind} name={findingWord(kind)}>
            {t('delivery.rowsOf', { count })}
          </Fact>
        ))}
      </Facts>
      {!isInStep && <Notice tone="bad">{t('delivery.auditNotInStep')}</Notice>}
      {!complete && <Notice tone="warn">{t('delivery.auditPart')}</Notice>}
      {chain.length > 0 && (
        <Notice tone="bad">
          <p>{t('delivery.auditChain')}</p>
          {chain.map((fault) => (
            <p key={fault} class="help">
              {fault}
            </p>
          ))}
        </Notice>
      )}
      {resend && (
        <Notice tone="info">
          {t('delivery.resend', { from: String(resend.from), to: String(resend.to) })}
        </Notice>
      )}
      <Findings result={result} />
      <OtherRoutes result={result} />
    </Section>
  )
}

function Findings({ result: { findings } }: { readonly result: AuditResultShape }) {
  if (findings.length === 0) return null
  return (
    <Table
      label={t('delivery.finding')}
      rows={findings}
      keyOf={(finding) => `${finding.table} ${finding.about} ${finding.at} ${finding.seq}`}
      columns={[
        { title: t('delivery.about'), isHead: true, cell: ({ about }) => about },
        { title: t('delivery.finding'), cell: ({ kind }) => findingWord(kind) },
        { title: t('delivery.table'), cell: ({ table }) => <span class="code">{table}</span> },
        { title: t('delivery.at'), cell: ({ at }) => momentText(at) },
        { title: t('delivery.detail'), cell: ({ seq }) => t('delivery.event', { seq }) },
        { title: t('delivery.difference'), cell: ({ differences }) => differences.join('; ') },
      ]}
    />
  )
}

function OtherRoutes({ result: { routes } }: { readonly result: AuditResultShape }) {
  return (
    <ul class="plain-list">
      {routes.map(({ route, pending, quarantined, in_step: isInStep, fault }) => (
        <li key={route}>
          <Lamp tone={fault ? 'warn' : isInStep ? 'good' : 'bad'}>
            {t(isInStep ? 'delivery.routeInStep' : 'delivery.routeNotInStep')}
          </Lamp>{' '}
          {t('delivery.routeStep', { route, pending, quarantined })} {fault}
        </li>
      ))}
    </ul>
  )
}

function findingWord(kind: string): string {
  const known = ['missing', 'different', 'double', 'quarantined'] as const
  const found = known.find((one) => one === kind)
  return found ? t(`delivery.finding_${found}`) : kind
}
