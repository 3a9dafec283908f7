/**
 * The texts of the pages, in the language of whoever reads: the one that was chosen here before, else the browser's, else English.
 * A component that calls `t` is drawn again when the language changes.
 */
import { signal } from '@preact/signals'
import { type Catalogue, en } from './en.ts'
import type { BlanksOf, Filling, Texts } from './text-types.ts'

type English = typeof en

/** `line.since`. */
type TextKey = {
  [Area in keyof English & string]: `${Area}.${keyof English[Area] & string}`
}[keyof English & string]

type EnglishOf<Key> = Key extends `${infer Area extends keyof English & string}.${infer Name}`
  ? Name extends keyof English[Area]
    ? English[Area][Name] & string
    : never
  : never

/** A text without blanks, such as the title of a page. */
export type PlainTextKey = {
  [Key in TextKey]: [BlanksOf<EnglishOf<Key>>] extends [never] ? Key : never
}[TextKey]

/** Nothing where the text has no blanks; else a value for each of them. */
type Fillings<Key> = [BlanksOf<EnglishOf<Key>>] extends [never]
  ? []
  : [values: Readonly<Record<BlanksOf<EnglishOf<Key>>, Filling>>]

export const LANGUAGES = { en: 'English', de: 'Deutsch', it: 'Italiano', hr: 'Hrvatski' } as const
export type Language = keyof typeof LANGUAGES

const LOADERS: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => en,
  de: async () => (await import('./de.ts')).de,
  it: async () => (await import('./it.ts')).it,
  hr: async () => (await import('./hr.ts')).hr,
}
const REMEMBERED = 'millrace.language'

/** What is shown now. */
const shown = signal<{ readonly language: Language; readonly texts: Catalogue }>({
  language: 'en',
  texts: en,
})

/** The language that is shown. */
export function language(): Language {
  return shown.value.language
}

/** For numbers and moments: that of the browser for this language, which knows the reader's country. */
export function locale(): string {
  const { language: reader } = shown.value
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(reader)) ?? reader
}

/** What else happens when somebody chooses a language. */
let onChosen: (chosen: Language) => void = () => undefined

/** @param listener is called when somebody chooses a language */
export function followLanguage(listener: (chosen: Language) => void): void {
  onChosen = listener
}

/** Shows a language, and remembers it for the next time. */
export async function chooseLanguage(chosen: Language): Promise<void> {
  await showLanguage(chosen)
  onChosen(chosen)
}

/** Shows a language that is remembered elsewhere. */
export async function showLanguage(chosen: Language): Promise<void> {
  localStorage.setItem(REMEMBERED, chosen)
  await show(chosen)
}

/** Shows the language that was chosen before, or the browser's. */
export async function startLanguage(): Promise<void> {
  const wanted = [localStorage.getItem(REMEMBERED) ?? '', ...navigator.languages]
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage)
  await show(known ?? 'en')
}

/** One text of the catalogue: `t('line.since', { time })`. */
export function t<Key extends TextKey>(key: Key, ...[values]: Fillings<Key>): string {
  const { language: reader, texts } = shown.value
  const [area = '', name = ''] = key.split('.')
  const text = (texts as Readonly<Record<string, Texts>>)[area]?.[name] ?? key
  return filled(text, (values ?? {}) as Readonly<Record<string, Filling>>, reader)
}

/** A text without blanks whose name comes from the gateway, such as the code of a trouble; undefined where there is none. */
export function textOf(area: keyof English, name: string): string | undefined {
  return (shown.value.texts[area] as Texts)[name]
}

async function show(chosen: Language): Promise<void> {
  shown.value = { language: chosen, texts: await LOADERS[chosen]() }
  document.documentElement.lang = chosen
}

function isLanguage(text: string): text is Language {
  return text in LANGUAGES
}

/** `{count}` is the value itself; `{count:machine|machines}` the word that goes with it: one, (few,) other. */
function filled(text: string, values: Readonly<Record<string, Filling>>, reader: Language): string {
  return text.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name: string, forms: string | undefined) => {
    const value = values[name] ?? ''
    if (forms !== undefined) return pluralForm(forms.split('|'), Number(value), reader)
    return typeof value === 'number' ? value.toLocaleString(reader) : value
  })
}

function pluralForm(forms: readonly string[], count: number, reader: Language): string {
  const rule = new Intl.PluralRules(reader).select(count)
  const at = rule === 'one' ? 0 : rule === 'few' && forms.length > 2 ? 1 : forms.length - 1
  return forms[at] ?? ''
}
