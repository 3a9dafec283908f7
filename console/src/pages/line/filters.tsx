/** Which machines are looked for, and in which order they stand. */
import type { LineTile } from '../../../../src/api/line/shapes.ts'
import { SelectField, TextField } from '../../parts/field.tsx'
import { StatusShape, statusWord } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'
import { placesOf, type Selection, type SortBy, statusCounts } from './selection.ts'

const SORTS: Readonly<
  Record<SortBy, 'line.sortMachine' | 'line.sortPlace' | 'line.sortStatus' | 'line.sortSince'>
> = {
  machine: 'line.sortMachine',
  place: 'line.sortPlace',
  status: 'line.sortStatus',
  since: 'line.sortSince',
}

interface FiltersProps {
  readonly tiles: readonly LineTile[]
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** @param isNarrow what is typed is asked for first */
export function Filters({ isNarrow, ...props }: FiltersProps & { readonly isNarrow: boolean }) {
  return (
    <div class="line-filters">
      <StatusFilter {...props} />
      {isNarrow ? (
        <details>
          <summary>{t('line.searchAndSort')}</summary>
          <Fields {...props} />
        </details>
      ) : (
        <Fields {...props} />
      )}
    </div>
  )
}

function Fields({ tiles, selection, onSelect }: FiltersProps) {
  const { search, place, sortBy } = selection
  const places = placesOf(tiles)
  return (
    <div class="line-fields">
      <TextField
        label={t('line.search')}
        type="search"
        placeholder={t('line.searchHelp')}
        value={search}
        onInput={(text) => onSelect({ ...selection, search: text })}
      />
      {places.length > 0 && (
        <SelectField
          label={t('line.place')}
          value={place}
          choices={[
            { value: '', label: t('line.allPlaces') },
            ...places.map((one) => ({ value: one, label: one })),
          ]}
          onChoose={(chosen) => onSelect({ ...selection, place: chosen })}
        />
      )}
      <SelectField<SortBy>
        label={t('line.sort')}
        value={sortBy}
        choices={(Object.keys(SORTS) as SortBy[]).map((value) => ({ value, label: t(SORTS[value]) }))}
        onChoose={(chosen) => onSelect({ ...selection, sortBy: chosen })}
      />
    </div>
  )
}

/** One button a status, with how many machines are in it. */
function StatusFilter({ tiles, selection, onSelect }: FiltersProps) {
  const choose = (status: Selection['status']) => onSelect({ ...selection, status })
  const isAll = selection.status === 'all'
  return (
    <fieldset class="status-filter">
      <legend class="unseen">{t('line.statusFilter')}</legend>
      <button type="button" aria-pressed={isAll} onClick={() => choose('all')}>
        {t('line.all')} <b>{tiles.length}</b>
      </button>
      {statusCounts(tiles).map(([status, count]) => (
        <button
          key={status}
          type="button"
          aria-pressed={selection.status === status}
          onClick={() => choose(selection.status === status ? 'all' : status)}
        >
          <StatusShape status={status} /> {statusWord(status)} <b>{count}</b>
        </button>
      ))}
    </fieldset>
  )
}
