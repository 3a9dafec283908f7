export const role = {
  view: 'view',
  configure: 'configure',
  administer: 'administer',
} as const
