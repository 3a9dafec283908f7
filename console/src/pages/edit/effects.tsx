/** What saving would do, in words: for each machine and scanner, and what becomes of its connections. */
import type { DraftEffect } from '../../../../src/api/maps/shapes.ts'
import { Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'

export function Effects({ effects }: { readonly effects: readonly DraftEffect[] }) {
  if (effects.length === 0) return <p>{t('edit.effectNobody')}</p>
  return (
    <ul class="edit-effects">
      {effects.map((effect) => (
        <li key={`${effect.kind}:${effect.code}`}>
          <strong>{effect.code}</strong>
          <span>{effect.what || t('edit.effectNothing')}</span>
          <span class="help">{t(`edit.links_${effect.links}`)}</span>
          {effect.refused_before !== null && (
            <Notice tone="warn">{t('edit.refusedBefore', { why: effect.refused_before })}</Notice>
          )}
        </li>
      ))}
    </ul>
  )
}
