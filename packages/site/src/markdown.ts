/**
 * The parts of Markdown that pages are made from: headings, chapters, links, and text outside of blocks of code.
 */

/** Applies a function to the text between the blocks of code. */
export const outsideCode = (text: string, change: (prose: string) => string): string =>
  text.split(/(^ *(`{3,})[^\n]*\n.*?^ *\2`*$)/gms)
    .filter((_, index) => index % 3 !== 2)
    .map((part, index) => index % 2 === 0 ? change(part) : part)
    .join("")

/** The anchor of a heading, as GitHub makes it, so that a link works in both places. */
export const anchorOf = (heading: string): string =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")

/** The anchors of all headings. */
export const anchorsOf = (text: string): ReadonlyArray<string> => {
  const anchors: Array<string> = []
  outsideCode(text, (prose) => {
    for (const [, heading] of prose.matchAll(/^#+ (.*)$/gm)) anchors.push(anchorOf(heading!))
    return prose
  })
  return anchors
}

export interface Chapter {
  readonly title: string
  readonly text: string
}

/** Splits a document at its headings of a level. What precedes the first of them is `before`. */
export const chapters = (text: string, level: number): { before: string; chapters: ReadonlyArray<Chapter> } => {
  const mark = "\u0000"
  const marked = outsideCode(
    text,
    (prose) => prose.replaceAll(new RegExp(`^#{${level}} (.*)$`, "gm"), (_, title) => `${mark}${title}`)
  )
  const [before, ...rest] = marked.split(mark)
  return {
    before: before!,
    chapters: rest.map((chapter) => {
      const end = chapter.indexOf("\n")
      return { title: chapter.slice(0, end), text: chapter.slice(end + 1) }
    })
  }
}

/** Raises or lowers all headings. */
export const shift = (text: string, levels: number): string =>
  outsideCode(
    text,
    (prose) => prose.replaceAll(/^#+(?= )/gm, (marks) => "#".repeat(Math.max(1, marks.length + levels)))
  )

/** Replaces the target of each link and image. */
export const links = (text: string, replace: (target: string) => string): string =>
  outsideCode(text, (prose) => prose.replaceAll(/\]\(([^)\s]+)\)/g, (_, target: string) => `](${replace(target)})`))
