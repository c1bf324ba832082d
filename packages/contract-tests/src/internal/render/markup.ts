/** HTML that is inserted without escaping. Everything else in a template is escaped text. */
export class Markup {
  constructor(readonly html: string) {}
}

export type Piece = Markup | string | number | undefined | ReadonlyArray<Piece>

const entities: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;" }

/** Characters that HTML can't contain. */
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}/gu

const escape = (text: string): string => text.replace(unwritable, "\ufffd").replace(/[<>&"']/g, (c) => entities[c]!)

const write = (piece: Piece): string => {
  if (piece === undefined) return ""
  if (piece instanceof Markup) return piece.html
  return Array.isArray(piece) ? piece.map(write).join("") : escape(String(piece))
}

/** A template of HTML. Attributes must be quoted. Values must not be inside a script or style. */
export const html = (strings: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Markup =>
  new Markup(strings.map((text, index) => `${text}${write(pieces[index])}`).join(""))
