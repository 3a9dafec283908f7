/** Every page: its path, who may see it, and its chunk, which is loaded when the page is first opened. */
import type { Role } from '../../../src/console/shapes.ts'
import type { IconName } from '../parts/icon.tsx'
import type { PlainTextKey } from '../texts/catalogue.ts'
import type { Page } from './page.ts'

export interface PageEntry {
  /** `/machine/:machine`; a `?` after a blank: it may be left out. */
  readonly path: string
  readonly title: PlainTextKey
  readonly icon: IconName
  readonly role: Role
  /** Where it is offered: in the navigation, under the user's name, or only by links of other pages. */
  readonly offered: 'navigation' | 'account' | 'links'
  readonly load: () => Promise<Page>
}

export const PAGES: readonly PageEntry[] = [
  {
    path: '/line',
    title: 'shell.line',
    icon: 'line',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/line/page.tsx')).LinePage,
  },
  {
    path: '/machine/:machine?',
    title: 'shell.machine',
    icon: 'machine',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/machine/page.tsx')).MachinePage,
  },
  {
    path: '/connect/:step?',
    title: 'shell.connect',
    icon: 'connect',
    role: 'configure',
    offered: 'navigation',
    load: async () => (await import('../pages/connect/page.tsx')).ConnectPage,
  },
  {
    path: '/edit/:file?',
    title: 'shell.edit',
    icon: 'edit',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/edit/page.tsx')).EditPage,
  },
  {
    path: '/what-if/:file?',
    title: 'shell.whatIf',
    icon: 'what-if',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/what-if/page.tsx')).WhatIfPage,
  },
  {
    path: '/scanners/:scanner?',
    title: 'shell.scanners',
    icon: 'scanners',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/scanners/page.tsx')).ScannersPage,
  },
  {
    path: '/delivery/:part?',
    title: 'shell.delivery',
    icon: 'delivery',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/delivery/page.tsx')).DeliveryPage,
  },
  {
    path: '/troubles',
    title: 'shell.troubles',
    icon: 'troubles',
    role: 'view',
    offered: 'navigation',
    load: async () => (await import('../pages/troubles/page.tsx')).TroublesPage,
  },
  {
    path: '/users',
    title: 'shell.users',
    icon: 'users',
    role: 'administer',
    offered: 'account',
    load: async () => (await import('../pages/users/page.tsx')).UsersPage,
  },
  {
    path: '/audit',
    title: 'shell.audit',
    icon: 'audit',
    role: 'administer',
    offered: 'account',
    load: async () => (await import('../pages/audit/page.tsx')).AuditPage,
  },
  {
    path: '/password',
    title: 'shell.password',
    icon: 'key',
    role: 'view',
    offered: 'account',
    load: async () => (await import('../pages/password/page.tsx')).PasswordPage,
  },
]

export interface Match {
  readonly entry: PageEntry
  readonly params: Readonly<Record<string, string>>
}

/** The page of a path. */
export function pageAt(path: string): Match | undefined {
  for (const entry of PAGES) {
    const params = paramsOf(entry.path, path)
    if (params) return { entry, params }
  }
  return undefined
}

/** The path by which a page is reached without its blanks, `/machine`. */
export function plainPath(entry: PageEntry): string {
  return entry.path.replace(/\/:.*$/, '')
}

function paramsOf(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const given = path.split('/').filter(Boolean)
  const wanted = pattern.split('/').filter(Boolean)
  if (given.length > wanted.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const value = given[at]
    if (!part.startsWith(':')) {
      if (part !== value) return undefined
    } else if (value !== undefined) params[part.replace(/^:|\?$/g, '')] = decodeURIComponent(value)
    else if (!part.endsWith('?')) return undefined
  }
  return params
}
