/** The signals of the map so far: their names can be changed, and what they mean beyond their value. */
import type { SignalDraft } from '../../../../src/api/connect/shapes.ts'
import { IconButton } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { t } from '../../texts/catalogue.ts'
import { type ChosenSignal, change, draft } from './draft.ts'

/** What a signal may mean to the machine, as `role:` of a map says it. */
const ROLES = [
  '',
  'fault_code',
  'good_count',
  'scrap_count',
  'total_count',
  'cycle_count',
  'work_order',
  'heartbeat',
] as const
type SignalRole = (typeof ROLES)[number]

export function ChosenSignals() {
  const { signals, profile } = draft()
  return (
    <Section title={t('connect.chosen')} aside={<span class="badge">{signals.length}</span>}>
      {profile && <p class="help">{t('connect.profileSignals')}</p>}
      {signals.length === 0 ? (
        <p class="help">{t('connect.noneChosen')}</p>
      ) : (
        <ul class="connect-signals">
          {signals.map((chosen, index) => (
            <li key={placeText(chosen.signal)}>
              <ChosenRow chosen={chosen} index={index} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function ChosenRow({ chosen, index }: { readonly chosen: ChosenSignal; readonly index: number }) {
  const { signal, shown } = chosen
  const put = (news: SignalDraft) =>
    change({ signals: draft().signals.with(index, { ...chosen, signal: news }) })
  return (
    <div class="connect-signal">
      <TextField
        label={t('connect.signalName')}
        value={signal.name}
        fault={nameFault(signal.name, index)}
        onInput={(name) => put({ ...signal, name })}
      />
      <SelectField
        label={t('connect.signalRole')}
        value={roleOf(signal)}
        choices={ROLES.map((value) => ({ value, label: t(`connect.role_${value || 'none'}`) }))}
        onChoose={(role) => put({ ...signal, keys: withRole(signal.keys, role) })}
      />
      <p class="connect-place">
        <span class="code">{placeText(signal)}</span>
        {shown !== null && <span>{t('connect.showed', { value: shown })}</span>}
      </p>
      <IconButton
        icon="close"
        label={t('connect.removeSignal', { name: signal.name })}
        onPress={() => change({ signals: draft().signals.toSpliced(index, 1) })}
      />
    </div>
  )
}

/** Where it is, and how it is stored. */
export function placeText({ keys }: SignalDraft): string {
  const { at, node, topic, path, metric, type } = keys
  return [at ?? node ?? topic ?? metric, path, type].filter((one) => one !== undefined).join(' ')
}

function nameFault(name: string, index: number): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) return t('connect.badName')
  const isTwice = draft().signals.some(({ signal }, other) => other !== index && signal.name === name)
  return isTwice ? t('connect.nameTwice') : undefined
}

function roleOf({ keys }: SignalDraft): SignalRole {
  return ROLES.find((role) => role === keys.role) ?? ''
}

function withRole({ role: _, ...keys }: SignalDraft['keys'], role: SignalRole): SignalDraft['keys'] {
  return role === '' ? keys : { ...keys, role }
}
