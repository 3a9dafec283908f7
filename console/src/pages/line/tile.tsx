/** One machine as it stands now. */
import type { LineTile } from '../../../../src/api/line/shapes.ts'
import type { Status } from '../../../../src/domain/status.ts'
import { Lasting, useNow } from '../../parts/age.tsx'
import { durationText, numberText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { StatusShape, statusWord } from '../../parts/status-lamp.tsx'
import { unlessSame } from '../../parts/unless-same.ts'
import { isGatewayAway } from '../../shell/troubles.ts'
import { t } from '../../texts/catalogue.ts'
import { placeOf, shownStatus } from './selection.ts'
import { reasonWord } from './words.ts'

export const Tile = unlessSame(function Tile({ tile }: { readonly tile: LineTile }) {
  const { machine, since, reason, data, map, shadow_since: shadowSince } = tile
  const status = shownStatus(tile)
  return (
    <a class={`tile status-${status}`} href={`/machine/${encodeURIComponent(machine)}`}>
      <span class="tile-head">
        <strong>{machine}</strong>
        <span class="tile-place">{placeOf(tile)}</span>
      </span>
      <span class="tile-status">
        <StatusShape status={status} />
        <span>{statusWord(status)}</span>
        {since && (
          <span class="tile-since">
            <Lasting since={since} />
          </span>
        )}
      </span>
      {reason !== null && reason !== 'NO_DATA' && <span class="tile-reason">{reasonWord(reason)}</span>}
      <span class="tile-facts">
        <TileFacts tile={tile} />
        <DataAge data={data} lastSeen={tile.last_seen} />
        {shadowSince !== null && <span class="badge">{t('line.shadow')}</span>}
        {map !== null && map.faults > 0 && (
          <span class="tile-fault">
            <Icon name="troubles" />
            {t('line.mapFaults', { count: map.faults })}
          </span>
        )}
      </span>
    </a>
  )
})

/** Order, operator, declared status and counters: what there is of them. */
function TileFacts({ tile }: { readonly tile: LineTile }) {
  const { work_order: order, operator, declared, shift, counters } = tile
  const facts: (readonly [name: string, value: string])[] = []
  if (order !== null) facts.push([t('line.order'), order])
  if (operator !== null) facts.push([t('line.operator'), String(operator)])
  if (declared !== null) facts.push([t('line.declared'), statusWord(declared as Status)])
  if (shift !== null) facts.push([t('line.shift'), shift])
  for (const { signal, value } of counters) facts.push([signal, numberText(value)])
  return facts.map(([name, value]) => (
    <span key={name}>
      <span class="tile-name">{name}</span> {value}
    </span>
  ))
}

function DataAge({ data, lastSeen }: { readonly data: LineTile['data']; readonly lastSeen: string | null }) {
  if (data === 'live') return isGatewayAway() ? null : <span class="tile-live">{t('line.live')}</span>
  return (
    <span class="tile-late">{lastSeen === null ? t('line.never') : <LateFor lastSeen={lastSeen} />}</span>
  )
}

function LateFor({ lastSeen }: { readonly lastSeen: string }) {
  return t('line.late', { time: durationText((useNow() - Date.parse(lastSeen)) / 1_000) })
}
