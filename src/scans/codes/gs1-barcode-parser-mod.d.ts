/** What we use of the parser, which comes without types. It never leaves this folder. */
declare module 'gs1-barcode-parser-mod' {
  /**
   * Takes a GS1 element string apart, with or without brackets around its application identifiers.
   * @throws a text, where it is none
   */
  export function parseBarcode(text: string): {
    /** `raw` is the value as it stands in the code; what the parser makes of it (numbers, dates) we leave alone. */
    readonly parsedCodeItems: readonly { readonly ai: string; readonly raw: string }[]
  }
}
