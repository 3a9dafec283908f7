export const audit = {
  intro:
    'Everything that was changed through these pages, the API and commands, and what the gateway itself did and found: who, when, and what came of it.',
  none: 'Nothing has been changed yet',
  when: 'When',
  who: 'Who',
  what: 'What',
  from: 'From',
  result: 'Result',
  done: 'done',
  refused: 'refused ({status})',
  nobody: 'nobody signed in',
  gateway: 'the gateway',
  everybody: 'Everybody',
  older: 'Show older ones',
  only: 'Only of',
} as const
