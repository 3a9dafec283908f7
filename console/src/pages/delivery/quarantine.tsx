/** The rows that destinations refused: why, what to do, another try, and giving up what nobody wants. */
import { useState } from 'preact/hooks'
import type {
  DiscardedShape,
  QuarantineShape,
  RetriedShape,
  RouteQuarantineShape,
  SetAsideRowShape,
} from '../../../../src/api/delivery/shapes.ts'
import { get, post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { momentText } from '../../parts/format.ts'
import { Section } from '../../parts/section.tsx'
import { Awaited, Empty, Fault, Notice } from '../../parts/states.tsx'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import type { Chosen } from './chosen.ts'
import { DiscardDialog } from './discard-dialog.tsx'

export function Quarantine() {
  const loaded = useLoaded((signal) => get<QuarantineShape>('/delivery/quarantine', {}, signal))
  const [outcome, setOutcome] = useState<string>()
  const [asked, setAsked] = useState<Chosen>()
  const retry = useAction(async ({ route, rows }: Chosen) => {
    const { landed, left } = await post<RetriedShape>('/delivery/quarantine/retry', { route, rows })
    setOutcome(t('delivery.landed', { count: landed, left }))
    loaded.reload()
  })
  const discarded = ({ discarded: count, left }: DiscardedShape) => {
    setAsked(undefined)
    setOutcome(t('delivery.discarded', { count, left }))
    loaded.reload()
  }
  const leave = () => {
    setAsked(undefined)
    // Where they were not what was shown, the page shows what they are.
    loaded.reload()
  }
  return (
    <>
      <p class="help intro">{t('delivery.quarantineIntro')}</p>
      {outcome && <Notice tone="info">{outcome}</Notice>}
      {retry.fault && <Fault fault={retry.fault} />}
      <Awaited loaded={loaded}>
        {({ routes }) => {
          const shown = routes.filter(({ count, fault }) => count > 0 || fault)
          if (shown.length === 0)
            return (
              <Empty icon="check" title={t('delivery.quarantineEmpty')}>
                <p>{t('delivery.quarantineEmptyHint')}</p>
              </Empty>
            )
          return shown.map((route) => (
            <OfRoute
              key={route.route}
              quarantine={route}
              isBusy={retry.isBusy}
              onRetry={retry.run}
              onDiscard={setAsked}
            />
          ))
        }}
      </Awaited>
      {asked && <DiscardDialog chosen={asked} onDone={discarded} onClose={leave} />}
    </>
  )
}

interface Doing {
  readonly isBusy: boolean
  readonly onRetry: (chosen: Chosen) => unknown
  readonly onDiscard: (chosen: Chosen) => void
}

function OfRoute({ quarantine, ...doing }: Doing & { readonly quarantine: RouteQuarantineShape }) {
  const { route, count, kinds, rows, fault } = quarantine
  const all: Chosen = { route, rows: { which: 'all' }, count, words: t('delivery.discardAllRows', { route }) }
  return (
    <Section
      title={route}
      aside={
        <>
          <span class="badge">{t('delivery.rowsOf', { count })}</span>
          {kinds.length > 1 && <Buttons chosen={all} isAll={true} {...doing} />}
        </>
      }
    >
      {fault && (
        <Notice tone="warn">
          <p>{t('delivery.notAsked', { route })}</p>
          <p class="help">{[fault.what, fault.hint].filter(Boolean).join('; ')}</p>
        </Notice>
      )}
      <ul class="kinds">
        {kinds.map((kind) => (
          <li key={`${kind.about} ${kind.reason}`} class="kind">
            <div class="kind-head">
              <h3>{kind.about}</h3>
              <span class="badge">{t('delivery.rowsOf', { count: kind.count })}</span>
            </div>
            <p>{kind.reason}</p>
            <Buttons
              chosen={{
                route,
                rows: { which: 'kind', about: kind.about, reason: kind.reason },
                count: kind.count,
                words: kind.about,
              }}
              {...doing}
            />
            <Rows
              rows={rows.filter((row) => row.about === kind.about && row.reason === kind.reason)}
              route={route}
              hasButtons={kind.count > 1}
              {...doing}
            />
          </li>
        ))}
      </ul>
      {rows.length > 0 && rows.length < count && (
        <p class="help">{t('delivery.rowsShown', { count: rows.length })}</p>
      )}
    </Section>
  )
}

function Buttons({
  chosen,
  isAll = false,
  isBusy,
  onRetry,
  onDiscard,
}: Doing & { readonly chosen: Chosen; readonly isAll?: boolean }) {
  if (!may('configure')) return null
  const label = (word: string) => `${word} (${chosen.words})`
  const [retry, discard] = isAll
    ? [t('delivery.retryAll'), t('delivery.discardAll')]
    : [t('delivery.retry'), t('delivery.discard')]
  return (
    <div class="row">
      <Button icon="again" label={label(retry)} isDisabled={isBusy} onPress={() => onRetry(chosen)}>
        {retry}
      </Button>
      <Button kind="quiet" label={label(discard)} onPress={() => onDiscard(chosen)}>
        {discard}
      </Button>
    </div>
  )
}

function Rows({
  rows,
  route,
  hasButtons,
  ...doing
}: Doing & {
  readonly rows: readonly SetAsideRowShape[]
  readonly route: string
  readonly hasButtons: boolean
}) {
  return rows.map((row) => {
    const words = t('delivery.event', { seq: row.seq })
    const chosen: Chosen = {
      route,
      rows: { which: 'one', incarnation: row.incarnation, seq: row.seq },
      count: 1,
      words,
    }
    return (
      <details key={`${row.incarnation} ${row.seq}`} class="set-aside">
        <summary>
          <span>{words}</span>
          <span class="code">{row.kind}</span>
          <span class="help">{momentText(row.at)}</span>
        </summary>
        <dl class="row-fields">
          {Object.entries(row.fields).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="code">{value}</dd>
            </div>
          ))}
        </dl>
        {hasButtons && <Buttons chosen={chosen} {...doing} />}
      </details>
    )
  })
}
