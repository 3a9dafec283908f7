/** The rules in their order, which of their conditions hold, and which rule decides. */
import type { MachineOnWire } from '../../../../src/api/machine/shapes.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusLamp } from '../../parts/status-lamp.tsx'
import { shownStatus } from '../../parts/status-of.ts'
import { t } from '../../texts/catalogue.ts'

type Rule = MachineOnWire['rules'][number]

export function Rules({ rules }: { readonly rules: readonly Rule[] }) {
  return (
    <Section title={t('machine.rules')} aside={<span class="help">{t('machine.rulesHelp')}</span>}>
      <ol class="rules">
        {rules.map((rule, at) => (
          <li key={at} class={rule.decides ? 'rule decides' : 'rule'}>
            <span class="rule-number">{at + 1}</span>
            <div class="conditions">
              {rule.conditions.map((condition) => (
                <Condition key={condition.text} condition={condition} />
              ))}
            </div>
            <span class="rule-outcome">
              <StatusLamp status={shownStatus(rule.is)} />
              {rule.decides && <span class="badge">{t('machine.decides')}</span>}
            </span>
            <p class="help code">{rule.text}</p>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Condition({ condition }: { readonly condition: Rule['conditions'][number] }) {
  const { text, holds } = condition
  const [icon, word] = wordsFor(holds)
  return (
    <span class={`condition ${holds === null ? 'unknown' : String(holds)}`}>
      <Icon name={icon} />
      {text}
      <span class="unseen">: {word}</span>
    </span>
  )
}

function wordsFor(holds: boolean | null): readonly [IconName, string] {
  if (holds === null) return ['question', t('machine.holdsUnknown')]
  return holds ? ['check', t('machine.holds')] : ['close', t('machine.holdsNot')]
}
