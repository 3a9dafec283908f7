/**
 * Somebody declares what the machine is doing, such as a changeover, or releases it again. A declared status begins at once and
 * holds against what the rules say, until the machine produces again or somebody releases it. Apart from that it is like any other:
 * when nothing is seen of the machine, `on_comm_loss` says what becomes of it.
 */
import { earlierOf, type Instant, laterOf } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { Category } from '../../domain/status.ts'
import type { Declared } from '../../domain/subject.ts'
import { change, changeUnsettled, type Draft } from '../draft.ts'
import { newCandidate } from '../judging/candidates.ts'
import { beginAtOnce, settleEnd } from '../judging/settle.ts'
import { keyOf } from '../judging/verdict.ts'
import { comeBack, isLost, isUnbroken, lose } from '../on-loss.ts'
import { changeReason } from '../rows/downtime.ts'
import { markGap } from '../rows/row.ts'
import { intervalOf, unsettledOf } from '../state.ts'
import { GATEWAY_AWAY, whyUnseen } from '../why-unseen.ts'
import { namingOf } from './give-reason.ts'
import { namedReason } from './named-reason.ts'
import { type DeclaredStatus, ruleOf } from './said.ts'
import { followRun, isProduction } from './trial-run.ts'

/** What decides now: the rule that matches, unless people know better. */
export function ruleInForce(
  draft: Draft,
  { rule, upTo }: { readonly rule: StatusRule; readonly upTo: Instant },
  at: Instant,
): StatusRule {
  const { declared } = draft.state.said
  if (!declared) return rule
  if (isLost(draft, keyOf(draft, ruleOf(declared)), at)) lose(draft, at)
  followRun(draft, rule, at)
  const run = draft.state.said.declared?.run
  if (!run || !isUnbroken(draft, at) || !isProduction(draft, run, upTo)) return ruleOf(declared)
  endDeclared(draft)
  const candidates = [newCandidate(draft, rule, run.since)]
  const { since } = run
  changeUnsettled(draft, { since, openSeen: since, judgedBy: draft.map.version, candidates })
  return rule
}

/** The same while nothing proves yet that what the machine shows is of now. */
export function ruleWhileUnproven({ state }: Draft, rule: StatusRule): StatusRule {
  const { declared } = state.said
  return declared ? ruleOf(declared) : rule
}

/** Begins a declared status. A machine cannot be declared to run: that is to be seen. */
export function declare(
  draft: Draft,
  { status, reason, operator }: Declared,
  category: Category | null,
  at: Instant,
): void {
  if (status === 'running') return
  const naming = namingOf(draft, { code: reason, category, operator })
  const known = naming.category ?? (status === 'setup' ? 'setup' : null)
  const declared: DeclaredStatus = { status, reason, category: known, operator, run: null }
  const rule = ruleOf(declared)
  const key = keyOf(draft, rule)
  comeBack(draft, key, at)
  const leftAt = leave(draft, at)
  change(draft, { said: { ...draft.state.said, declared } })
  const interval = intervalOf(draft.state.phase)
  if (interval?.key === key) changeReason(draft, namedReason(interval.reason, { ...naming, category: known }))
  else beginAtOnce(draft, newCandidate(draft, rule, leftAt), { upTo: at, lastBeat: null })
  const { lastSeen } = draft.state
  change(draft, { lastSeen: lastSeen ? laterOf(lastSeen, at) : at })
}

/**
 * Ends what the machine has shown until now. Running is claimed for nothing but what was seen to run.
 * @returns from when on the declared status holds
 */
function leave(draft: Draft, at: Instant): Instant {
  const { lastSeen } = draft.state
  if (lastSeen) settleEnd(draft, { upTo: lastSeen, lastBeat: null })
  const { phase } = draft.state
  const unsettled = unsettledOf(phase)
  const isRun = intervalOf(phase)?.status === 'running'
  changeUnsettled(draft, null)
  return unsettled && isRun ? earlierOf(unsettled.since, at) : at
}

/** Releases the machine: what it shows counts again. */
export function release(draft: Draft, at: Instant): void {
  const { said, phase } = draft.state
  if (!said.declared) return
  endDeclared(draft)
  // What was held only because somebody had declared it is over, and what is now nobody sees.
  if (phase.kind === 'hold')
    markGap(draft, laterOf(at, phase.interval.since), whyUnseen(draft, at) ?? GATEWAY_AWAY)
}

function endDeclared(draft: Draft): void {
  change(draft, { said: { ...draft.state.said, declared: null } })
}
