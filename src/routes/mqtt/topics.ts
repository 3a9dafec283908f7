/**
 * The tree of topics: `[root/]ENTERPRISE/SITE/[AREA/][LINE/]CELL/…`, by the levels of ISA-95. Codes of a plant may hold whatever they
 * like; a level of a topic may not.
 */
import { isMachine, isStation, type Owner, ownerCode } from '../../domain/owner.ts'
import type { PlantPlace } from '../../domain/place.ts'
import type { FeedContext } from './context.ts'

/** The words of a route file for the upper levels; absent ones are those of the gateway. */
export interface TopicWords {
  readonly root?: string | undefined
  readonly enterprise?: string | undefined
  readonly site?: string | undefined
}

/** Where the tree of a feed begins. */
interface TopicTree {
  /** Levels above the enterprise; none unless written. */
  readonly root: readonly string[]
  readonly enterprise: string
  readonly site: string
}

/**
 * What no level may hold, and the sign by which it is written instead: separators and wildcards of topics, control characters, and
 * what brokers take for no text. A level that begins with `$` would be one of the broker's own.
 */
const UNFIT = /[/+#%\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]|^\$/gu

/** A code as a level: what does not fit becomes `%2F` and the like, so that two codes never become one level. */
export function levelOf(code: string): string {
  return code.toWellFormed().replace(UNFIT, percented)
}

function percented(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

/** @param root may be several levels, divided by `/` */
export function treeOf(
  { root, enterprise, site }: TopicWords,
  { organization, plant }: Pick<FeedContext, 'organization' | 'plant'>,
): TopicTree {
  return {
    root: root === undefined ? [] : root.split('/'),
    enterprise: enterprise ?? organization,
    site: site ?? plant,
  }
}

/** Topics of one tree. Those of cells are remembered: each event asks for one. */
export class Topics {
  /** The levels of the site, which begin every topic. */
  readonly site: string
  readonly #cells = new Map<Owner, { readonly place: PlantPlace; readonly topic: string }>()

  constructor({ root, enterprise, site }: TopicTree) {
    this.site = [...root, enterprise, site].map(levelOf).join('/')
  }

  /** The topic below which everything of a machine or station stands. */
  cell(owner: Owner, place: PlantPlace): string {
    const known = this.#cells.get(owner)
    if (known?.place === place) return known.topic
    const { area, line, cell = ownerCode(owner) } = place
    const levels = [area, line, cell].flatMap((level) => (level === undefined ? [] : levelOf(level)))
    const topic = [this.site, ...levels].join('/')
    this.#cells.set(owner, { place, topic })
    return topic
  }
}

/** `status.opened` as the last levels of a topic: `event/status/opened`. */
export function eventLevels(kind: string): string {
  return `event/${kind.replaceAll('.', '/')}`
}

/** Whether an owner is somebody who stands somewhere in the plant. */
export function standsInPlant(owner: Owner): boolean {
  return isMachine(owner) || isStation(owner)
}
