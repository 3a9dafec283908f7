/** Puts a text where it can be pasted from. */

/** Browsers have the clipboard's own interface only over https or on the computer itself: elsewhere the old command does it. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  // In a modal dialog, what is outside cannot be selected.
  const around = document.querySelector('dialog[open]') ?? document.body
  around.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
