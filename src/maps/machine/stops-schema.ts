/** What may stand in a device map about pulses, and about stops that are short or long. Defaults stand here. */
import { z } from 'zod'
import { cyclesOrDuration, duration } from '../../documents/quantities.ts'

/** What a wait may turn out to be once it is long. */
const LONG_STOPS = ['idle', 'down', 'setup', 'maintenance'] as const

/** Of a machine that runs as long as pulses come. */
export const pulseSchema = z
  .strictObject({
    from: z.string().describe('The signal that has one pulse for each cycle: a counter, or a bit.'),
    ideal_cycle: duration({ min: '50ms', max: '24h' }).describe('How long a cycle takes at best.'),
    slow_after: cyclesOrDuration({ max: '24h' })
      .prefault('1.7x')
      .describe('A cycle that takes longer is a slow one.'),
    stop_after: cyclesOrDuration({ max: '24h' })
      .prefault('3x')
      .describe('Without a pulse for longer than this, the machine stands.'),
    learn: z
      .literal('suggest', { error: 'only suggest: status then proposes the cycle that it has seen' })
      .optional(),
  })
  .meta({ title: 'pulse' })

/** How short a stop or a run may be to count, and what a long wait is. */
export const stopsSchema = z
  .strictObject({
    ignore_stop_below: duration({ max: '1h' }).prefault('2s').describe('Shorter stops are swallowed.'),
    ignore_run_below: duration({ max: '1h' }).prefault('10s').describe('Shorter runs do not end a stop.'),
    micro_stop_below: cyclesOrDuration({ max: '24h' })
      .prefault('120s')
      .describe('Shorter stops are no downtime event: 120s, or 6x the ideal cycle of a pulse machine.'),
    long_stop_is: z
      .enum(LONG_STOPS)
      .optional()
      .describe(
        'What a wait without a reason is from micro_stop_below on; down for pulse machines unless written.',
      ),
  })
  .meta({ title: 'stops' })
