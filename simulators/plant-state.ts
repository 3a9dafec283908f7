/** The states of a machine in the plant's words, and what central calls them. */
export const PLANT_STATES = ['running', 'idle', 'starved', 'down', 'setup', 'maintenance', 'off'] as const
export type PlantState = (typeof PLANT_STATES)[number]

export type Status = 'running' | 'idle' | 'down' | 'setup' | 'maintenance'

/** Central's status for a plant state: a machine that is starved or switched off counts as idle. */
export function statusOf(state: PlantState): Status {
  return state === 'starved' || state === 'off' ? 'idle' : state
}
