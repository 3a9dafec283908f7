/** Asks why nobody wants some rows, before they are given up. */
import { useState } from 'preact/hooks'
import type { DiscardedShape } from '../../../../src/api/delivery/shapes.ts'
import { post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Fault } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import type { Chosen } from './chosen.ts'

const WHY_MIN = 3

export function DiscardDialog({
  chosen,
  onDone,
  onClose,
}: {
  readonly chosen: Chosen
  readonly onDone: (discarded: DiscardedShape) => void
  readonly onClose: () => void
}) {
  const [why, setWhy] = useState('')
  const { route, rows, count, words } = chosen
  const discard = useAction(async () => {
    onDone(await post<DiscardedShape>('/delivery/quarantine/discard', { route, rows, count, why }))
  })
  return (
    <Dialog title={t('delivery.discardTitle', { what: words })} onClose={onClose}>
      <Form onSubmit={discard.run}>
        <p>{t('delivery.discardHint')}</p>
        <TextField
          label={t('delivery.why')}
          help={t('delivery.whyHelp')}
          value={why}
          onInput={setWhy}
          isRequired={true}
          hasFocus={true}
        />
        {discard.fault && <Fault fault={discard.fault} />}
        <footer>
          <Button onPress={onClose}>{t('parts.cancel')}</Button>
          <Button
            kind="danger"
            isSubmit={true}
            isBusy={discard.isBusy}
            isDisabled={why.trim().length < WHY_MIN}
          >
            {t('delivery.discardConfirm')}
          </Button>
        </footer>
      </Form>
    </Dialog>
  )
}
