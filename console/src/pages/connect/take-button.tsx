/** Takes a signal into the map; one that is there already says so. */
import type { SignalDraft } from '../../../../src/api/connect/shapes.ts'
import { Button } from '../../parts/button.tsx'
import { t } from '../../texts/catalogue.ts'
import { isTaken, takeSignals } from './draft.ts'

export function TakeButton({
  signal,
  shown,
  address,
  type,
}: {
  readonly signal: SignalDraft
  readonly shown: string | null
  /** Where it is, and what it is, for those who hear only the button. */
  readonly address: string
  readonly type: string
}) {
  const isThere = isTaken(signal)
  return (
    <Button
      kind="quiet"
      icon={isThere ? 'check' : 'plus'}
      isDisabled={isThere}
      label={t(isThere ? 'connect.takenAs' : 'connect.takeAs', { address, type })}
      onPress={() => takeSignals([{ signal, shown }])}
    >
      {t(isThere ? 'connect.taken' : 'connect.take')}
    </Button>
  )
}
