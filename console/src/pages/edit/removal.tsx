/** Asks before a file is removed, and says what becomes of its machine. */
import type { FileText } from '../../../../src/api/maps/shapes.ts'
import { remove } from '../../api/client.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { momentText } from '../../parts/format.ts'
import { type ShownStatus, statusWord } from '../../parts/status-lamp.tsx'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { pathOf } from './use-draft.ts'

export function Removal({ present, onClose }: { readonly present: FileText; readonly onClose: () => void }) {
  const { file, hash, subjects, kind } = present
  const confirm = async () => {
    await remove(`${pathOf(file)}?read=${encodeURIComponent(hash)}`)
    goTo('/edit', true)
  }
  return (
    <Confirm
      title={t('edit.removeTitle', { file })}
      confirmLabel={t('edit.remove')}
      isDangerous
      onConfirm={confirm}
      onClose={onClose}
    >
      {kind !== 'map' && <p>{t('edit.removeDrawnOn')}</p>}
      {subjects.map(({ kind: what, code, open_row: row }) => (
        <p key={code}>
          {what === 'machine' ? t('edit.removeMachine', { code }) : t('edit.removeScanner', { code })}{' '}
          {row &&
            t('edit.removeRow', {
              status: statusWord(row.status as ShownStatus),
              since: row.since ? momentText(row.since) : '—',
            })}
        </p>
      ))}
      <p>{t('edit.removeKept')}</p>
    </Confirm>
  )
}
