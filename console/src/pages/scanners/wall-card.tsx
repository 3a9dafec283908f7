/** What hangs on the wall beside a station: its commands and reasons as barcodes, to be printed. */
import type { CardItemShape, WallCardShape } from '../../../../src/api/scanners/shapes.ts'
import type { Status } from '../../../../src/domain/status.ts'
import { addressOf, get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceBar } from '../../parts/field.tsx'
import { dayText } from '../../parts/format.ts'
import { Awaited, Empty } from '../../parts/states.tsx'
import { statusWord } from '../../parts/status-lamp.tsx'
import { goTo, queryValue } from '../../shell/route.ts'
import { gatewayName } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'

type BarcodeKind = 'code128' | 'qrcode'

/** A module as wide as this, in CSS pixels of 1/96 inch, is 0.35 mm: every scanner reads it from an arm's length. */
const MODULE_PX = 1.323
/** A QR code of these few characters is read from further away at 30 mm. */
const QR_PX = 113
/** The width that A4 and Letter both have between margins of 12 mm. */
const CARD_PX = 700
const HALF_PX = 335

export function WallCard({ scanner }: { readonly scanner: string }) {
  const kind: BarcodeKind = queryValue('as') === 'qrcode' ? 'qrcode' : 'code128'
  const path = `/scanners/${encodeURIComponent(scanner)}`
  const loaded = useLoaded((signal) => get<WallCardShape>(`${path}/card`, {}, signal), [path])
  const choose = (as: BarcodeKind) => goTo(`${path}?show=card&as=${as}`, true)
  return (
    <Awaited loaded={loaded}>
      {(card) =>
        card.items.length === 0 ? (
          <Empty icon="print" title={t('scanners.cardNone')}>
            <p>{t('scanners.cardNoneHint')}</p>
          </Empty>
        ) : (
          <>
            <div class="card-controls row">
              <p class="help">{t('scanners.cardIntro')}</p>
              <ChoiceBar
                label={t('scanners.barcodeKind')}
                value={kind}
                choices={[
                  { value: 'code128', label: t('scanners.code128') },
                  { value: 'qrcode', label: t('scanners.qrcode') },
                ]}
                onChoose={choose}
              />
              <Button kind="main" icon="print" onPress={() => print()}>
                {t('scanners.print')}
              </Button>
            </div>
            <Card card={card} kind={kind} />
            {card.without.length > 0 && (
              <p class="help card-controls">{t('scanners.without', { words: card.without.join(', ') })}</p>
            )}
          </>
        )
      }
    </Awaited>
  )
}

function Card({ card, kind }: { readonly card: WallCardShape; readonly kind: BarcodeKind }) {
  const { items, location, machine, scanner } = card
  const commands = items.filter((item) => item.kind === 'command')
  const reasons = items.filter((item) => item.kind === 'reason')
  return (
    <article class="wall-card" aria-label={t('scanners.cardOf', { name: scanner })}>
      <header>
        <p class="card-title">{machine ?? location ?? scanner}</p>
        <p class="card-place">{[scanner, machine && location].filter(Boolean).join(' · ')}</p>
      </header>
      {commands.length > 0 && (
        <Group title={t('scanners.commands')} items={commands} scanner={scanner} kind={kind} />
      )}
      {reasons.length > 0 && (
        <Group title={t('scanners.reasons')} items={reasons} scanner={scanner} kind={kind} />
      )}
      <footer>{t('scanners.cardMade', { gateway: gatewayName.value, day: dayText(Date.now()) })}</footer>
    </article>
  )
}

interface GroupProps {
  readonly title: string
  readonly items: readonly CardItemShape[]
  readonly scanner: string
  readonly kind: BarcodeKind
}

function Group({ title, items, scanner, kind }: GroupProps) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class={`card-items ${kind}`}>
        {items.map((item) => (
          <Item key={item.item} item={item} scanner={scanner} kind={kind} />
        ))}
      </ul>
    </section>
  )
}

function Item({
  item,
  scanner,
  kind,
}: { readonly item: CardItemShape } & Pick<GroupProps, 'scanner' | 'kind'>) {
  const { item: name, code, value, text, modules } = item
  // What Code 128 cannot hold, or what would be wider than the paper, is printed as QR.
  const width = modules === null ? Number.POSITIVE_INFINITY : modules * MODULE_PX
  const as: BarcodeKind = width > CARD_PX ? 'qrcode' : kind
  const source = addressOf(`/scanners/${encodeURIComponent(scanner)}/barcodes/${encodeURIComponent(name)}`, {
    as,
  })
  const isWide = as === 'code128' && width > HALF_PX
  return (
    <li class={isWide ? 'wide' : undefined}>
      <img class={as} src={source} alt={code} width={Math.round(as === 'qrcode' ? QR_PX : width)} />
      <div>
        <p class="item-text">{text ?? value}</p>
        <p class="item-does">{doesText(item)}</p>
        <p class="item-code">{code}</p>
      </div>
    </li>
  )
}

const COMMANDS = [
  'START',
  'PAUSE',
  'RESUME',
  'COMPLETE',
  'ISSUE',
  'CANCEL',
  'UNDO',
  'LOGOUT',
  'SPLIT',
  'OK_TO_RUN',
] as const

function doesText({ kind, value, declares }: CardItemShape): string {
  if (kind === 'reason')
    return declares === null
      ? t('scanners.doesReason')
      : t('scanners.doesDeclare', { status: statusWord(declares as Status) })
  const command = COMMANDS.find((one) => one === value)
  return command ? t(`scanners.does_${command}`) : ''
}
