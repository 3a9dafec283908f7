/** The map is saved: the page waits until the machine is read, and shows it come alive. */
import { useState } from 'preact/hooks'
import type { LineChange, LineTile } from '../../../../src/api/line/shapes.ts'
import type { SaveProgress } from '../../../../src/api/maps/shapes.ts'
import { useStream } from '../../api/stream.ts'
import { Age } from '../../parts/age.tsx'
import { Button, ButtonLink } from '../../parts/button.tsx'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Loading, Notice } from '../../parts/states.tsx'
import { type ShownStatus, StatusLamp } from '../../parts/status-lamp.tsx'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { change, draft, startAnew } from './draft.ts'

type Taken = SaveProgress['subjects'][number]

export function AliveStep() {
  const { saved, machine } = draft()
  const [tile, setTile] = useState<LineTile>()
  const [taken, setTaken] = useState<Taken>()
  useStream<LineChange>('/line/events', ({ machines }) => {
    const mine = machines.find((one) => one.machine === machine.trim())
    if (mine) setTile(mine)
  })
  useStream<SaveProgress>(
    saved ? `/maps/${encodeURIComponent(saved.file)}/progress/events` : undefined,
    ({ subjects }) => setTaken(subjects.find(({ code }) => code === machine.trim())),
  )
  const isAlive = tile !== undefined && tile.status !== null
  return (
    <>
      <Section title={t('connect.alive')}>
        <div class="connect-alive">
          <p class="connect-machine">{machine.trim()}</p>
          {isAlive ? <Alive tile={tile} /> : <Waiting taken={taken} file={saved?.file ?? ''} />}
        </div>
      </Section>
      {isAlive && (
        <Section title={t('connect.goOn')}>
          <div class="row">
            <ButtonLink kind="main" icon="machine" href={`/machine/${encodeURIComponent(machine.trim())}`}>
              {t('connect.toMachine')}
            </ButtonLink>
            <ButtonLink icon="line" href="/line">
              {t('connect.toLine')}
            </ButtonLink>
            <ButtonLink icon="print" href="/scanners">
              {t('connect.toCard')}
            </ButtonLink>
            <Button icon="plus" onPress={another}>
              {t('connect.another')}
            </Button>
          </div>
        </Section>
      )}
    </>
  )
}

function another(): void {
  startAnew()
  goTo('/connect')
}

/** Its map is shown once more, without the line that keeps it in shadow. */
function makeLive(): void {
  change({ isShadow: false })
  goTo('/connect/review')
}

function Alive({ tile }: { readonly tile: LineTile }) {
  const status = (tile.reason === 'NO_DATA' ? 'no-data' : (tile.status ?? 'unknown')) as ShownStatus
  return (
    <>
      <Notice tone="good">{t('connect.isAlive')}</Notice>
      <p class="connect-status">
        <StatusLamp status={status} />
      </p>
      <Facts>
        {tile.since && (
          <Fact name={t('connect.since')}>
            <Age at={tile.since} />
          </Fact>
        )}
        {tile.reason && <Fact name={t('connect.reason')}>{tile.reason}</Fact>}
      </Facts>
      {tile.shadow_since ? (
        <Notice tone="info">
          <p>{t('connect.inShadow')}</p>
          <Button onPress={makeLive}>{t('connect.makeLive')}</Button>
        </Notice>
      ) : (
        <p class="help">{t('connect.isLive')}</p>
      )}
    </>
  )
}

/** What is still missing, in the gateway's words where it has any. */
function Waiting({ taken, file }: { readonly taken: Taken | undefined; readonly file: string }) {
  const why = taken?.why ?? taken?.reading?.trouble
  const isBad = taken?.state === 'rolled_back' || taken?.state === 'not_taken'
  return (
    <>
      {!isBad && <Loading />}
      <p role="status">{t(isBad ? 'connect.notTaken' : 'connect.waiting', { file })}</p>
      {why && <Notice tone={isBad ? 'bad' : 'warn'}>{why}</Notice>}
      {(isBad || why) && (
        <div class="row">
          <ButtonLink icon="left" href="/connect/review">
            {t('connect.back')}
          </ButtonLink>
          <ButtonLink icon="edit" href={`/edit/${encodeURIComponent(file)}`}>
            {t('connect.toEdit')}
          </ButtonLink>
        </div>
      )}
    </>
  )
}
