/** Characters that are typed as numbers on the keypad while Alt is down, as Windows reads them. */

/** Code page 437 from 128 on: what a number without a leading zero means. */
const OEM =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/**
 * The character of a number typed with Alt: by code page 437, or by Windows-1252 where it begins with a zero. Below 128 both
 * are ASCII, and below 32 the control character that a scanner means by it: Alt+029 is GS. Undefined: no number was typed.
 */
export function altCharacter(digits: string): string | undefined {
  if (digits === '') return undefined
  // Windows too keeps the lower eight bits.
  const code = Number(digits) % 256
  if (code < 128) return String.fromCharCode(code)
  if (!digits.startsWith('0')) return OEM[code - 128]
  return new TextDecoder('windows-1252').decode(Uint8Array.of(code))
}
