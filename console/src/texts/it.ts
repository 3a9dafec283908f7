import type { Catalogue } from './en.ts'
import { audit } from './it/audit.ts'
import { connect } from './it/connect.ts'
import { delivery } from './it/delivery.ts'
import { edit } from './it/edit.ts'
import { line } from './it/line.ts'
import { machine } from './it/machine.ts'
import { parts } from './it/parts.ts'
import { role } from './it/role.ts'
import { scanners } from './it/scanners.ts'
import { shell } from './it/shell.ts'
import { status } from './it/status.ts'
import { troubleCode } from './it/trouble-code.ts'
import { troubles } from './it/troubles.ts'
import { users } from './it/users.ts'
import { whatIf } from './it/what-if.ts'

export const it: Catalogue = {
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
}
