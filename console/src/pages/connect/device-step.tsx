/** What kind of device it is: one that the gateway knows, or any that speaks a protocol. */
import { useState } from 'preact/hooks'
import type { ProfileList } from '../../../../src/api/connect/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { TextField } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Awaited } from '../../parts/states.tsx'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { ADDRESS_FIELDS } from './device-keys.ts'
import { change, type Driver, draft } from './draft.ts'

type Profile = ProfileList['profiles'][number]

const GENERIC = [
  ['modbus-tcp', 'connect.modbusTcp'],
  ['opcua', 'connect.opcUa'],
  ['modbus-rtu', 'connect.modbusRtu'],
  ['modbus-rtu-over-tcp', 'connect.modbusOverTcp'],
  ['mqtt', 'connect.mqtt'],
] as const
/** As many as a phone shows without scrolling far; the search finds the others. */
const SHOWN_MAX = 8

export function DeviceStep() {
  const profiles = useLoaded((signal) => get<ProfileList>('/connect/profiles', {}, signal))
  const [search, setSearch] = useState('')
  const { driver, profile } = draft()
  return (
    <>
      <Section title={t('connect.anyDevice')}>
        <ul class="connect-choices">
          {GENERIC.map(([value, text]) => (
            <li key={value}>
              <button
                type="button"
                class="connect-choice"
                aria-pressed={driver === value && profile === null}
                onClick={() => choose(value, null)}
              >
                <strong>{t(text)}</strong>
              </button>
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t('connect.knownDevice')}>
        <Awaited loaded={profiles}>
          {({ profiles: all }) =>
            all.length === 0 ? (
              <p class="help">{t('connect.noProfiles')}</p>
            ) : (
              <div class="stack">
                <TextField
                  label={t('connect.searchDevice')}
                  help={t('connect.searchDeviceHelp', { count: all.length })}
                  type="search"
                  value={search}
                  onInput={setSearch}
                />
                <ProfileChoices profiles={all.filter((one) => isFound(one, search))} />
              </div>
            )
          }
        </Awaited>
      </Section>
    </>
  )
}

function ProfileChoices({ profiles }: { readonly profiles: readonly Profile[] }) {
  const { profile } = draft()
  if (profiles.length === 0) return <p class="help">{t('connect.noProfile')}</p>
  return (
    <>
      <ul class="connect-choices">
        {profiles.slice(0, SHOWN_MAX).map((one) => (
          <li key={one.name}>
            <button
              type="button"
              class="connect-choice"
              aria-pressed={profile?.name === one.name}
              onClick={() => choose(driverOf(one), one)}
            >
              <strong>{one.text}</strong>
              <span class="help">{[one.maker, ...one.products.slice(0, 4)].filter(Boolean).join(' · ')}</span>
            </button>
          </li>
        ))}
      </ul>
      {profiles.length > SHOWN_MAX && (
        <p class="help">{t('connect.moreProfiles', { count: profiles.length - SHOWN_MAX })}</p>
      )}
    </>
  )
}

function isFound({ name, text, maker, products }: Profile, search: string): boolean {
  const words = [name, text, maker ?? '', ...products].join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word))
}

function driverOf({ driver }: Profile): Driver {
  return driver in ADDRESS_FIELDS ? (driver as Driver) : 'modbus-tcp'
}

function choose(driver: Driver, profile: Profile | null): void {
  const before = draft()
  const isSame = before.driver === driver && before.profile?.name === profile?.name
  const chosen = profile && {
    name: profile.name,
    variant: profile.default_variant,
    with: Object.fromEntries(profile.parameters.map((one) => [one.name, one.default ?? ''])),
  }
  if (!isSame) change({ driver, profile: chosen, probed: null })
  goTo('/connect/address')
}
