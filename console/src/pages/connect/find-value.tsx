/** Finds where in the device a value is that somebody reads from a display. */
import { useState } from 'preact/hooks'
import type { FoundPlaces } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { DEVICE_WAIT_MAX_MS, useQuestion } from '../../api/use-question.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { Lamp, type Tone } from '../../parts/status-lamp.tsx'
import { Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'
import { deviceKeys } from './device-keys.ts'
import { change, draft } from './draft.ts'
import { TakeButton } from './take-button.tsx'

type Place = FoundPlaces['places'][number]

const CONFIRMATIONS: Readonly<Record<NonNullable<Place['confirmation']>, Tone>> = {
  agrees: 'good',
  moved: 'good',
  same: 'off',
  jumped: 'warn',
  gone: 'bad',
}

export function FindValue() {
  const { shows } = draft()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [found, setFound] = useState<FoundPlaces>()
  const find = useQuestion(async (signal) => {
    const range = { ...(from !== '' && { from }), ...(to !== '' && { to }) }
    const body = { device: deviceKeys(draft()), shows, ...range }
    const places = await post<FoundPlaces>('/connect/find', body, signal, DEVICE_WAIT_MAX_MS)
    return () => setFound(places)
  })
  const again = useQuestion(async (signal) => {
    const path = `/connect/find/${found?.search}/again`
    const places = await post<FoundPlaces>(path, { shows }, signal, DEVICE_WAIT_MAX_MS)
    return () => setFound(places)
  })
  return (
    <div class="stack">
      <Form onSubmit={find.run}>
        <TextField
          label={t('connect.showsLabel')}
          help={t('connect.showsHelp')}
          placeholder="230.5"
          inputMode="decimal"
          value={shows}
          onInput={(text) => change({ shows: text })}
        />
        <details class="connect-more">
          <summary>{t('connect.searchRange')}</summary>
          <div class="connect-fields">
            <TextField label={t('connect.from')} value={from} onInput={setFrom} />
            <TextField label={t('connect.to')} value={to} onInput={setTo} />
          </div>
        </details>
        <div class="row">
          <Button kind="main" icon="search" isSubmit isBusy={find.isBusy} isDisabled={shows.trim() === ''}>
            {t('connect.find')}
          </Button>
        </div>
      </Form>
      {find.fault && <Fault fault={find.fault} />}
      <div aria-live="polite">
        {found && (
          <>
            <p class="help">{found.searched.join('; ')}</p>
            {found.places.length === 0 && <Notice tone="warn">{t('connect.foundNothing')}</Notice>}
            {found.places.length > 1 && (
              <Notice tone="info">
                <p>{t('connect.findAgainHelp')}</p>
                <Button icon="again" isBusy={again.isBusy} onPress={again.run}>
                  {t('connect.findAgain')}
                </Button>
              </Notice>
            )}
            {again.fault && <Fault fault={again.fault} />}
            {found.places.length > 0 && <Places places={found.places} />}
          </>
        )}
      </div>
    </div>
  )
}

function Places({ places }: { readonly places: readonly Place[] }) {
  return (
    <Table
      label={t('connect.wayFind')}
      rows={places}
      keyOf={(place) => JSON.stringify(place.signal.keys)}
      columns={[
        {
          title: t('connect.where'),
          isHead: true,
          cell: ({ address, signal: { keys } }) => (
            <>
              <span class="code">{address}</span>{' '}
              <span class="help">{[keys.type, keys.word_order].filter(Boolean).join(' ')}</span>
            </>
          ),
        },
        { title: t('connect.value'), cell: ({ shown, later }) => [shown, later].filter(Boolean).join(' → ') },
        {
          title: t('connect.readAgain'),
          cell: ({ confirmation }) =>
            confirmation && (
              <Lamp tone={CONFIRMATIONS[confirmation]}>{t(`connect.found_${confirmation}`)}</Lamp>
            ),
        },
        {
          title: t('connect.choose'),
          cell: ({ signal, shown, later, address }) => (
            <TakeButton
              signal={signal}
              shown={later ?? shown}
              address={address}
              type={String(signal.keys.type ?? '')}
            />
          ),
        },
      ]}
    />
  )
}
