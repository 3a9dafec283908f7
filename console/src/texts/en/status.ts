export const status = {
  running: 'Running',
  idle: 'Idle',
  down: 'Down',
  setup: 'Setup',
  maintenance: 'Maintenance',
  available: 'Available',
  decommissioned: 'Decommissioned',
  'no-data': 'No data',
  unknown: 'Not seen yet',
} as const
