/** Texts as keys of a file hold them. */
import { z } from 'zod'

/** A text of one line: no line ends and no other control characters, without blanks around it. */
export function text(maxLength = 255) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'a text of one line, without control characters')
}
