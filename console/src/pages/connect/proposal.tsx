/** The rules that follow from the teach-in, each with why; they can be changed before they go into the map. */
import { useState } from 'preact/hooks'
import type { RuleDraft, TeachProposal } from '../../../../src/api/connect/teach-shapes.ts'
import { post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { shareText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { StatusLamp } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { change, draft } from './draft.ts'
import { phaseText, TAUGHT } from './phases.tsx'
import { TakeButton } from './take-button.tsx'

/** Below it, somebody should look twice. */
const SURE = 0.8

export function Proposal({ teach }: { readonly teach: string | null }) {
  const [without, setWithout] = useState<readonly string[]>([])
  const propose = useAction(async (passedOver: readonly string[]) => {
    setWithout(passedOver)
    const proposal = await post<TeachProposal>(`/connect/teach/${teach}/proposal`, { without: passedOver })
    change({ proposal, rules: proposal.status })
  })
  const { proposal } = draft()
  return (
    <Section title={t('connect.proposal')}>
      <div class="stack">
        {teach !== null && (
          <div class="row">
            <Button
              kind={proposal ? 'plain' : 'main'}
              isBusy={propose.isBusy}
              onPress={() => propose.run(without)}
            >
              {t(proposal ? 'connect.proposeAgain' : 'connect.propose')}
            </Button>
          </div>
        )}
        {propose.fault && <Fault fault={propose.fault} />}
        {proposal ? (
          <Proposed
            proposal={proposal}
            onWithout={(signal) => propose.run([...without, signal])}
            canAsk={teach !== null}
          />
        ) : (
          <p class="help">{t('connect.proposalHelp')}</p>
        )}
      </div>
    </Section>
  )
}

function Proposed({
  proposal,
  onWithout,
  canAsk,
}: {
  readonly proposal: TeachProposal
  readonly onWithout: (signal: string) => unknown
  readonly canAsk: boolean
}) {
  return (
    <div class="stack">
      <Notice tone={proposal.confidence >= SURE ? 'good' : 'warn'}>
        <strong>{t('connect.sure', { share: shareText(proposal.confidence, 0) })}</strong> {proposal.said}
      </Notice>
      {proposal.alike.map(({ said, try_next: next }) => (
        <Notice key={said} tone="bad">
          <p>{said}</p>
          <p class="help">{next}</p>
        </Notice>
      ))}
      <Rules />
      <details class="connect-more" open>
        <summary>{t('connect.because')}</summary>
        <ul class="connect-reasons">
          {proposal.phases.map((phase) => (
            <li key={phase.phase}>
              <StatusLamp status={phase.status} /> <strong>{phaseText(phase)}</strong>: {phase.because}{' '}
              <span class="help">{t('connect.replayed', { share: shareText(phase.replayed, 0) })}</span>
              {phase.alternatives.map(({ signal, because }) => (
                <p key={signal} class="help">
                  {t('connect.alternative', { because })}
                </p>
              ))}
            </li>
          ))}
        </ul>
        {canAsk && (
          <div class="row">
            {proposal.signals.map(({ name }) => (
              <Button key={name} kind="quiet" icon="minus" onPress={() => onWithout(name)}>
                {t('connect.without', { signal: name })}
              </Button>
            ))}
          </div>
        )}
      </details>
      {proposal.advice.length > 0 && (
        <Notice tone="info">
          <ul class="connect-notes">
            {proposal.advice.map((advice) => (
              <li key={advice}>{advice}</li>
            ))}
          </ul>
        </Notice>
      )}
      <Remarks proposal={proposal} />
    </div>
  )
}

function Rules() {
  const { rules } = draft()
  return (
    <ol class="connect-rules">
      {rules.map((rule, index) => (
        <li key={`${index} ${JSON.stringify(rule.when)}`}>
          <RuleRow rule={rule} index={index} />
        </li>
      ))}
    </ol>
  )
}

function RuleRow({ rule, index }: { readonly rule: RuleDraft; readonly index: number }) {
  const put = (news: RuleDraft) => change({ rules: draft().rules.with(index, news) })
  return (
    <div class="connect-rule">
      <p class="code">{rule.when ? conditionText(rule.when) : t('connect.otherwise')}</p>
      <SelectField
        label={t('connect.ruleIs')}
        value={rule.is}
        choices={TAUGHT.map((value) => ({ value, label: t(`status.${value}`) }))}
        onChoose={(is) => put({ ...rule, is })}
      />
      <TextField
        label={t('connect.reason')}
        value={rule.reason ?? ''}
        onInput={(reason) => put(withText(rule, 'reason', reason))}
      />
      <TextField
        label={t('connect.ruleFor')}
        placeholder="2s"
        value={rule.for ?? ''}
        onInput={(held) => put(withText(rule, 'for', held))}
      />
      {rule.when && (
        <IconButton
          icon="close"
          label={t('connect.removeRule', { number: index + 1 })}
          onPress={() => change({ rules: draft().rules.toSpliced(index, 1) })}
        />
      )}
    </div>
  )
}

/** What was seen besides, and what it could be. */
function Remarks({ proposal }: { readonly proposal: TeachProposal }) {
  if (proposal.remarks.length === 0) return null
  return (
    <div>
      <h3>{t('connect.remarks')}</h3>
      <ul class="connect-decodings">
        {proposal.remarks.map(({ signal, what, said, proposed }) => (
          <li key={signal + what}>
            <span>
              <strong class="code">{signal}</strong> {said}
            </span>
            {proposed && (
              <TakeButton
                signal={proposed}
                shown={null}
                address={proposed.name}
                type={String(proposed.keys.role ?? '')}
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** As a map has it, on one line: `state: fault, door: true`. */
function conditionText(when: NonNullable<RuleDraft['when']>): string {
  return Object.entries(when)
    .map(([signal, value]) => `${signal}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

function withText(rule: RuleDraft, key: 'reason' | 'for', text: string): RuleDraft {
  const { [key]: _, ...others } = rule
  return text.trim() === '' ? others : { ...others, [key]: text.trim() }
}
