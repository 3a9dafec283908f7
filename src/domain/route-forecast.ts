/** What becomes of what waits for a route, as far as the last minutes say. */
export interface RouteForecast {
  /** `drains`: gone in `minutes` at this pace. The others are those of the page of delivery. */
  readonly outlook: 'empty' | 'keeps-up' | 'drains' | 'grows' | 'stands' | 'unknown'
  readonly minutes: number | null
  readonly in_per_min: number | null
  readonly out_per_min: number | null
}
