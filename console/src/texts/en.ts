/** Every text of the pages, in English. The other languages have the same keys. */
import { audit } from './en/audit.ts'
import { connect } from './en/connect.ts'
import { delivery } from './en/delivery.ts'
import { edit } from './en/edit.ts'
import { line } from './en/line.ts'
import { machine } from './en/machine.ts'
import { parts } from './en/parts.ts'
import { role } from './en/role.ts'
import { scanners } from './en/scanners.ts'
import { shell } from './en/shell.ts'
import { status } from './en/status.ts'
import { troubleCode } from './en/trouble-code.ts'
import { troubles } from './en/troubles.ts'
import { users } from './en/users.ts'
import { whatIf } from './en/what-if.ts'
import type { Translated } from './text-types.ts'

export const en = {
  shell,
  parts,
  status,
  role,
  line,
  machine,
  connect,
  edit,
  whatIf,
  scanners,
  delivery,
  troubleCode,
  troubles,
  users,
  audit,
} as const

/** A language. */
export type Catalogue = { readonly [Area in keyof typeof en]: Translated<(typeof en)[Area]> }
