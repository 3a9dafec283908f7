/** Addresses as the manual prints them: every form of them is shown while they are typed, and they are read at once. */
import { useEffect, useState } from 'preact/hooks'
import type { AddressForms, Decoding, ReadNow as ReadAnswer } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { DEVICE_WAIT_MAX_MS, useQuestion } from '../../api/use-question.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Fault } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { deviceKeys, isModbus } from './device-keys.ts'
import { change, draft } from './draft.ts'
import { TakeButton } from './take-button.tsx'

type ReadValue = ReadAnswer['values'][number]

/** Whoever types quickly is asked once. */
const TYPED_MS = 300
/** Of a register that shows 0 every meaning is likely. */
const LIKELY_MAX = 3

export function ReadNow() {
  const { address, driver } = draft()
  const [answer, setAnswer] = useState<ReadAnswer>()
  const read = useQuestion(async (signal) => {
    const body = { device: deviceKeys(draft()), addresses: addressesIn(address) }
    const values = await post<ReadAnswer>('/connect/read', body, signal, DEVICE_WAIT_MAX_MS)
    return () => setAnswer(values)
  })
  return (
    <div class="stack">
      <Form onSubmit={read.run}>
        <TextField
          label={t('connect.addressLabel')}
          help={isModbus(driver) ? t('connect.addressHelp') : t('connect.nodeHelp')}
          placeholder={isModbus(driver) ? '40101' : 'nsu=…;s=…'}
          value={address}
          onInput={(text) => change({ address: text })}
        />
        <AddressEcho address={address} />
        <div class="row">
          <Button
            kind="main"
            icon="search"
            isSubmit
            isBusy={read.isBusy}
            isDisabled={addressesIn(address).length === 0}
          >
            {t('connect.readNow')}
          </Button>
        </div>
      </Form>
      {read.fault && <Fault fault={read.fault} onAgain={read.run} />}
      <div aria-live="polite">{answer && <Values values={answer.values} />}</div>
    </div>
  )
}

/** All forms of what is typed, so that nobody is off by one: `40101 = wire 100 (0x0064), function 3`. */
function AddressEcho({ address }: { readonly address: string }) {
  const [forms, setForms] = useState<AddressForms['addresses']>([])
  useEffect(() => {
    const gone = new AbortController()
    const addresses = addressesIn(address).map((text) => ({ text }))
    const timer = setTimeout(() => {
      if (addresses.length === 0) return setForms([])
      post<AddressForms>('/connect/addresses', { device: deviceKeys(draft()), addresses }, gone.signal).then(
        (answer) => setForms(answer.addresses),
        () => setForms([]),
      )
    }, TYPED_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [address])
  if (forms.length === 0) return null
  return (
    <ul class="connect-echo" aria-live="polite">
      {forms.map(({ text, forms: all, fault, hint }) => (
        <li key={text} class={fault ? 'fault' : 'code'}>
          {all ?? `${text}: ${fault}`}
          {hint && <span class="help"> {hint}</span>}
        </li>
      ))}
    </ul>
  )
}

function Values({ values }: { readonly values: readonly ReadValue[] }) {
  return (
    <ul class="connect-values">
      {values.map((value) => (
        <li key={value.asked + value.address}>
          <ValueView value={value} />
        </li>
      ))}
    </ul>
  )
}

function ValueView({ value }: { readonly value: ReadValue }) {
  const { address, raw, bits, decodings, text, why, causes } = value
  const likely = decodings.filter(({ is_plausible: isPlausible }) => isPlausible).slice(0, LIKELY_MAX)
  const others = decodings.filter((one) => !likely.includes(one))
  return (
    <>
      <p class="code">{address}</p>
      {raw !== null && (
        <p class="help">{[raw, bits, text].filter((one) => one !== null && one !== '').join(' · ')}</p>
      )}
      {why && <p class="fault">{why}</p>}
      {causes.map((cause) => (
        <p key={cause} class="help">
          {cause}
        </p>
      ))}
      <Decodings value={value} decodings={likely} />
      {others.length > 0 && (
        <details class="connect-more">
          <summary>{t('connect.otherDecodings', { count: others.length })}</summary>
          <Decodings value={value} decodings={others} />
        </details>
      )}
    </>
  )
}

function Decodings({
  value,
  decodings,
}: {
  readonly value: ReadValue
  readonly decodings: readonly Decoding[]
}) {
  return (
    <ul class="connect-decodings">
      {decodings.map(({ type, word_order: order, value: shown, scaled, keys }) => {
        const signal = { name: nameFor(value), keys }
        const words = [type, order].filter(Boolean).join(' ')
        return (
          <li key={words}>
            <span>
              <strong>{scaled ?? shown}</strong> <span class="help">{words}</span>
            </span>
            <TakeButton signal={signal} shown={scaled ?? shown} address={value.asked} type={words} />
          </li>
        )
      })}
    </ul>
  )
}

/** A name that a map may have, made of the address: `r40101`. */
function nameFor({ asked }: ReadValue): string {
  const tail = asked.replace(/^.*[;/.]/, '').replace(/^\w=/, '')
  const plain = tail
    .replaceAll(/\W+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase()
  return /^[a-z]/.test(plain) ? plain : `r${plain}`
}

function addressesIn(text: string): readonly string[] {
  return text
    .split(/[,\n]|\s{1,}(?=\d|[A-Z]{1,2}\d|ns)/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
