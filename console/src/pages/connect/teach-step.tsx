/** Teach-in: somebody stands at the machine, shows what it does, and rules are proposed from what its signals did meanwhile. */
import { useEffect, useState } from 'preact/hooks'
import type { TeachLive, TeachSession } from '../../../../src/api/connect/teach-shapes.ts'
import { addressOf, post, remove } from '../../api/client.ts'
import { useStream } from '../../api/stream.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Fault, Loading, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { deviceKeys, isModbus } from './device-keys.ts'
import { change, draft } from './draft.ts'
import { LiveValues } from './live-values.tsx'
import { Phases } from './phases.tsx'
import { Proposal } from './proposal.tsx'

export function TeachStep() {
  const { teach } = draft()
  return (
    <>
      {teach === null ? <Begin /> : <Running key={teach} teach={teach} />}
      <Proposal teach={teach} />
    </>
  )
}

/** What is watched, before it begins. */
function Begin() {
  const { driver, profile, signals, scan, seconds } = draft()
  const begin = useAction(async () => {
    const asked = scan
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter((one) => one !== '')
    const watched = isModbus(driver) ? { scan: asked } : { scan_nodes: asked }
    const session = await post<TeachSession>('/connect/teach', {
      device: deviceKeys(draft()),
      signals: signals.map(({ signal }) => signal),
      ...watched,
    })
    change({ teach: session.teach, proposal: null, rules: [] })
  })
  const isEmpty = profile === null && signals.length === 0 && scan.trim() === ''
  return (
    <Section title={t('connect.teach')}>
      <div class="stack">
        <p>{t('connect.teachHelp')}</p>
        <Form onSubmit={begin.run}>
          {driver !== 'mqtt' && (
            <TextField
              label={isModbus(driver) ? t('connect.scanLabel') : t('connect.scanNodesLabel')}
              help={t('connect.scanHelp', { count: signals.length })}
              placeholder={isModbus(driver) ? '40001-40100' : ''}
              value={scan}
              onInput={(text) => change({ scan: text })}
            />
          )}
          <TextField
            label={t('connect.secondsLabel')}
            help={t('connect.secondsHelp')}
            type="number"
            inputMode="numeric"
            value={seconds}
            onInput={(text) => change({ seconds: text })}
          />
          {isEmpty && <Notice tone="info">{t('connect.nothingWatched')}</Notice>}
          {begin.fault && <Fault fault={begin.fault} onAgain={begin.run} />}
          <div class="row">
            <Button kind="main" icon="play" isSubmit isBusy={begin.isBusy} isDisabled={isEmpty}>
              {t('connect.teachBegin')}
            </Button>
          </div>
        </Form>
        <p class="help">{t('connect.teachSkip')}</p>
      </div>
    </Section>
  )
}

/** Whether the gateway still has a teach-in: it forgets one that nobody watches for ten minutes. */
async function isThere(teach: string): Promise<boolean> {
  const look = new AbortController()
  const answer = await fetch(addressOf(`/connect/teach/${teach}/live`), { signal: look.signal })
  look.abort()
  return answer.status !== 404
}

function Running({ teach }: { readonly teach: string }) {
  const [isFound, setFound] = useState(false)
  const [live, setLive] = useState<TeachLive>()
  useEffect(() => {
    isThere(teach).then(
      (there) => (there ? setFound(true) : change({ teach: null })),
      () => setFound(true),
    )
  }, [teach])
  useStream<TeachLive>(isFound ? `/connect/teach/${teach}/live` : undefined, setLive)
  const end = useAction(async () => {
    await remove(`/connect/teach/${teach}`)
    change({ teach: null })
  })
  if (!live) return <Loading />
  return (
    <>
      <Section
        title={t('connect.teach')}
        aside={
          <Button kind="quiet" icon="stop" isBusy={end.isBusy} onPress={end.run}>
            {t('connect.teachEnd')}
          </Button>
        }
      >
        <div class="stack">
          <p>
            <Lamp tone={live.link.state === 'connected' ? 'good' : 'warn'}>
              {t(`connect.link_${live.link.state === 'connected' ? 'connected' : 'other'}`)}
            </Lamp>{' '}
            <span class="help">
              {t('connect.watching', { count: live.signals, seconds: Math.round(live.every_ms / 100) / 10 })}
            </span>
          </p>
          {live.link.error && <Notice tone="warn">{live.link.error}</Notice>}
          {live.link.remark && <p class="help">{live.link.remark}</p>}
          {live.left_out > 0 && <p class="help">{t('connect.leftOut', { count: live.left_out })}</p>}
          <Phases session={live} />
        </div>
      </Section>
      <LiveValues values={live.values} />
    </>
  )
}
