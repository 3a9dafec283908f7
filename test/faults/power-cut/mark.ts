/** What a recorded life says of itself, in the order in which it wrote to the disk. Events are named by their own numbers. */

/** A stretch of a life: cuts are made as often in a short one as in a long one. */
export type Phase = 'storing' | 'closing' | 'checkpointing' | 'adopting' | 'salvaging'

export type Mark =
  | { readonly phase: Phase }
  /** Given to the log, which may have it from now on. */
  | { readonly handed: number }
  /** Answered: the log must have it. */
  | { readonly stored: number }
  | { readonly consumer: string; readonly acknowledging: number }
  | { readonly consumer: string; readonly acknowledged: number }
  | { readonly consumer: string; readonly rewinding: number }
  | { readonly adopting: number }
  | { readonly adopted: number }
  /** From now on this event is not what was stored. */
  | { readonly damaging: number }
  | { readonly salvaged: true }
