/** Who wants the messages of a topic. */
import { hasWildcard, matches } from './topic-filter.ts'

/** What was found for so many topics is remembered: brokers have few, and each of them again and again. */
const REMEMBERED_MAX = 10_000

/** Items by the filters under which they were added. An item is found once for a topic, however many of its filters match. */
export class TopicIndex<Item> {
  readonly #byFilter = new Map<string, Set<Item>>()
  /** Those of them that name more than one topic. */
  readonly #wildcards = new Set<string>()
  readonly #found = new Map<string, readonly Item[]>()

  /** The filters that somebody wants. */
  get filters(): readonly string[] {
    return [...this.#byFilter.keys()]
  }

  has(filter: string): boolean {
    return this.#byFilter.has(filter)
  }

  add(filter: string, item: Item): void {
    const items = this.#byFilter.get(filter)
    if (items) items.add(item)
    else this.#byFilter.set(filter, new Set([item]))
    if (hasWildcard(filter)) this.#wildcards.add(filter)
    this.#forget(filter)
  }

  delete(filter: string, item: Item): void {
    const items = this.#byFilter.get(filter)
    items?.delete(item)
    if (items?.size === 0) {
      this.#byFilter.delete(filter)
      this.#wildcards.delete(filter)
    }
    this.#forget(filter)
  }

  of(topic: string): readonly Item[] {
    const known = this.#found.get(topic)
    if (known) return known
    const filters = [topic, ...[...this.#wildcards].filter((filter) => matches(filter, topic))]
    const once = [...new Set(filters.flatMap((filter) => [...(this.#byFilter.get(filter) ?? [])]))]
    if (this.#found.size >= REMEMBERED_MAX) this.#found.clear()
    this.#found.set(topic, once)
    return once
  }

  /** A filter without wildcards is about one topic only: a thousand devices that begin one after the other forget little. */
  #forget(filter: string): void {
    if (hasWildcard(filter)) this.#found.clear()
    else this.#found.delete(filter)
  }
}
