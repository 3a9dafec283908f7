/** Where the device is, and what is found there: name, network, port and unit, or the certificate of an OPC UA server. */
import type { ProbeVerdict, ProfileList } from '../../../../src/api/connect/shapes.ts'
import { get, post } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { DEVICE_WAIT_MAX_MS, useQuestion } from '../../api/use-question.ts'
import { Button } from '../../parts/button.tsx'
import { Form, SelectField, TextArea, TextField } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { ADDRESS_FIELDS, deviceKeys, missingField } from './device-keys.ts'
import { type ChosenProfile, change, changeField, draft } from './draft.ts'
import { VerdictView } from './verdict-view.tsx'

export function AddressStep() {
  const probe = useQuestion(async (signal) => {
    const device = deviceKeys(draft())
    const verdict = await post<ProbeVerdict>('/connect/probe', { device }, signal, DEVICE_WAIT_MAX_MS)
    return () => change({ probed: { device: JSON.stringify(device), verdict } })
  })
  const { probed, profile } = draft()
  const isOfThis = probed?.device === JSON.stringify(deviceKeys(draft()))
  return (
    <>
      <Section title={t('connect.address')}>
        <Form onSubmit={probe.run}>
          {profile && <ProfileFields profile={profile} />}
          <AddressFields />
          <div class="row">
            <Button
              kind={isOfThis && probed.verdict.verdict === 'good' ? 'plain' : 'main'}
              icon="search"
              isSubmit
              isBusy={probe.isBusy}
              isDisabled={missingField(draft()) !== undefined}
            >
              {t('connect.probe')}
            </Button>
          </div>
        </Form>
      </Section>
      <div aria-live="polite">
        {probe.isBusy && <Notice tone="info">{t('connect.probing')}</Notice>}
        {probe.fault && <Fault fault={probe.fault} onAgain={probe.run} />}
        {probed && !isOfThis && !probe.isBusy && <Notice tone="warn">{t('connect.probeOld')}</Notice>}
        {probed && isOfThis && !probe.isBusy && <VerdictView verdict={probed.verdict} onProbe={probe.run} />}
      </div>
    </>
  )
}

function AddressFields() {
  const { driver, fields, moreKeys, probed } = draft()
  if (!driver) return null
  return (
    <>
      <div class="connect-fields">
        {ADDRESS_FIELDS[driver].map(({ key, label, example, isNumber, isRequired }, index) => (
          <TextField
            key={key}
            label={t(label)}
            placeholder={example}
            inputMode={isNumber ? 'numeric' : 'text'}
            hasFocus={index === 0 && !fields[key]}
            isRequired={isRequired ?? false}
            value={fields[key] ?? ''}
            onInput={(value) => changeField(key, value)}
            {...(key === 'security' && { suggestions: probed?.verdict.securities ?? [] })}
          />
        ))}
      </div>
      <details class="connect-more" open={moreKeys !== ''}>
        <summary>{t('connect.moreKeys')}</summary>
        <TextArea
          label={t('connect.moreKeysLabel')}
          help={t('connect.moreKeysHelp')}
          rows={3}
          value={moreKeys}
          onInput={(text) => change({ moreKeys: text })}
        />
      </details>
    </>
  )
}

/** The model, and the words that only a map can know. */
function ProfileFields({ profile }: { readonly profile: ChosenProfile }) {
  const profiles = useLoaded((signal) => get<ProfileList>('/connect/profiles', {}, signal))
  const known = profiles.value?.profiles.find(({ name }) => name === profile.name)
  const changed = (news: Partial<ChosenProfile>) => change({ profile: { ...profile, ...news } })
  if (!known) return <p>{profile.name}</p>
  return (
    <>
      <p>
        <strong>{known.text}</strong>
      </p>
      {known.notes.length > 0 && (
        <ul class="connect-notes">
          {known.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {known.variants.length > 0 && (
        <SelectField
          label={t('connect.variant')}
          value={profile.variant ?? ''}
          choices={[
            { value: '', label: t('connect.noVariant') },
            ...known.variants.map(({ name, text }) => ({ value: name, label: `${name} – ${text}` })),
          ]}
          onChoose={(variant) => changed({ variant: variant || null })}
        />
      )}
      {known.parameters.map(({ name, text, example }) => (
        <TextField
          key={name}
          label={text}
          placeholder={example ?? ''}
          value={profile.with[name] ?? ''}
          onInput={(word) => changed({ with: { ...profile.with, [name]: word } })}
        />
      ))}
    </>
  )
}
