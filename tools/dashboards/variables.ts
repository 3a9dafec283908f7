/** What can be chosen at the top of a dashboard. */

/** Which Prometheus. */
export const DATASOURCE_VARIABLE = {
  ...{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 },
  ...{ multi: false, includeAll: false, refresh: 1, regex: '', options: [], skipUrlSync: false },
}

interface Choice {
  readonly name: string
  readonly label: string
  /** As Grafana asks Prometheus for values of a label. */
  readonly query: string
  /** Several at once, or all. */
  readonly isMulti?: boolean
}

/** A label whose values Prometheus knows. */
export function choice({ name, label, query, isMulti = false }: Choice): object {
  return {
    ...{ name, label, type: 'query', datasource: { type: 'prometheus', uid: `\${datasource}` } },
    query: { query, refId: `variable-${name}` },
    ...{ multi: isMulti, includeAll: isMulti, ...(isMulti && { allValue: '.*' }) },
    ...{ refresh: 2, sort: 1, regex: '', hide: 0, options: [], skipUrlSync: false },
  }
}
