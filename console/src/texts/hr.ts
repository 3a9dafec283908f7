import type { Catalogue } from './en.ts'
import { audit } from './hr/audit.ts'
import { connect } from './hr/connect.ts'
import { delivery } from './hr/delivery.ts'
import { edit } from './hr/edit.ts'
import { line } from './hr/line.ts'
import { machine } from './hr/machine.ts'
import { parts } from './hr/parts.ts'
import { role } from './hr/role.ts'
import { scanners } from './hr/scanners.ts'
import { shell } from './hr/shell.ts'
import { status } from './hr/status.ts'
import { troubleCode } from './hr/trouble-code.ts'
import { troubles } from './hr/troubles.ts'
import { users } from './hr/users.ts'
import { whatIf } from './hr/what-if.ts'

export const hr: Catalogue = {
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
