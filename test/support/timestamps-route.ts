/** A route file that looks up, changes and calls: what it needs at its database is checked and granted. */
export const TIMESTAMPS_ROUTE = `
route: timestamps
must: deliver
to: {schema: scheduling}
rows:
  - on: status.opened
    insert: timestamps
    once_per: [workstation, at]
    columns:
      workstation: {lookup: workstations.code, by: machine, take: id}
      kind: {value: START}
      at: at
  - on: status.opened
    update: states
    key: {code: machine}
    columns: {status: status, since: at}
  - on: status.opened
    call: see
    arguments: {p_machine: machine}
`
