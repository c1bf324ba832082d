/**
 * Makes a page of what docgen writes about a module.
 */
import { outsideCode } from "./markdown.js"

/** Longer signatures are closed until a reader opens them. */
const openLines = 24

/** Longer signatures are cut: a type that is derived from the contract can have thousands of lines. */
const maxLines = 80

const signature = (code: string): string => {
  const lines = code.split("\n")
  if (lines.length <= openLines) return `\`\`\`ts\n${code}\n\`\`\``
  const rest = lines.length - maxLines
  const shown = rest > 0 ? [...lines.slice(0, maxLines), `// ${rest} further lines`].join("\n") : code
  return `::: details Signature, ${lines.length} lines\n\`\`\`ts\n${shown}\n\`\`\`\n:::`
}

export interface Reference {
  readonly title: string
  /** The first sentence. */
  readonly summary: string
  readonly text: string
}

/** Converts docgen's page of a module of a package. */
export const reference = (name: string, file: string, docgen: string): Reference => {
  const title = file.replace(/\.ts\.md$/, "")
  const overview = /^## \w+ overview\n(.*?)^---$/ms.exec(docgen)![1]!.trim()
  const [description = "", since = ""] = overview.split(/\n*^Added in v/m)
  const body = docgen.slice(docgen.indexOf("\n---\n", docgen.indexOf("Table of contents")) + 5)
  const text = outsideCode(
    body
      .replaceAll(/^\*\*Signature\*\*\n\n```ts\n(.*?)\n```$/gms, (_, code) => signature(code))
      .replaceAll(/^Added in v(.*)$/gm, "<small>Since $1</small>")
      .replaceAll(/^\*\*Example\*\*$/gm, "Example:"),
    (prose) =>
      prose
        .replaceAll(/^(#+) /gm, "$1# ")
        // docgen's prose has code and Markdown. A `<` outside of code is not the beginning of an element.
        .replaceAll(/`[^`\n]*`|<\/?small>|<|\{\{/g, (part) => part === "<" ? "&lt;" : part === "{{" ? "&#123;{" : part)
  )
  return {
    title,
    summary: /^.+?\.(?=\s|$)/s.exec(description)?.[0].replaceAll("\n", " ") ?? "",
    text: [
      `# ${title}`,
      description,
      `\`import * as ${title} from "@effect-openai/${name}/${title}"\``,
      `<small>Since ${since.trim()}</small>`,
      text.trim()
    ].join("\n\n") + "\n"
  }
}
