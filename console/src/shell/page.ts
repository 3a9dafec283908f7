/** What a page is. */
import type { ComponentType } from 'preact'

/** What a page is given: the blanks of its path, such as `machine`. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>
}

export type Page = ComponentType<PageProps>
