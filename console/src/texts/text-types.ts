/** What the compiler knows of the texts of the pages: which there are, and what has to be filled in. */

/** The texts of one area, by key. */
export type Texts = Readonly<Record<string, string>>

/** The same keys in another language: a missing one is an error where that language's file is. */
export type Translated<English extends Texts> = { readonly [Key in keyof English]: string }

/** `{count}` and `{count:machine|machines}` are both filled in from `count`. */
type BlankName<Inside extends string> = Inside extends `${infer Name}:${string}` ? Name : Inside

/** The names of the blanks of a text, `name` of `since {name}`. */
export type BlanksOf<Text extends string> = Text extends `${string}{${infer Inside}}${infer Rest}`
  ? BlankName<Inside> | BlanksOf<Rest>
  : never

/** What fills a blank in. */
export type Filling = string | number
