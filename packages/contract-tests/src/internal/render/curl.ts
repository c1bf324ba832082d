import type { Exchange } from "../../Exchange.js"

/** How a shell gets a text as one word. */
const quoted = (text: string): string => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** The same with a variable in the place of each secret. */
const withVariable = (text: string, variable: string): string =>
  text.split("<redacted>").map((part) => part === "" ? "" : quoted(part)).join(`"$${variable}"`) || "''"

/** Which variable holds what is redacted in a header. */
const variables: Record<string, string> = {
  authorization: "OPENAI_API_KEY",
  "openai-organization": "OPENAI_ORG_ID",
  "openai-project": "OPENAI_PROJECT_ID"
}

/** The headers that curl sets by itself. */
const own = new Set(["content-length", "host", "connection", "transfer-encoding", "cookie"])

const header = ([name, value]: readonly [string, string]): string =>
  // Curl takes a header without a value for one that is to be left out, unless it ends in a semicolon.
  `-H ${withVariable(value === "" ? `${name};` : `${name}: ${value}`, variables[name] ?? "OPENAI_API_KEY")}`

/** Whether nobody listens at a URL: its target ran within the suite. */
const isNowhere = (url: string): boolean => URL.canParse(url) && new URL(url).hostname.endsWith(".invalid")

const location = ({ path, url }: Exchange["request"]): string =>
  isNowhere(url) ? `"$OPENAI_BASE_URL"${withVariable(path, "OPENAI_API_KEY")}` : withVariable(url, "OPENAI_API_KEY")

/** Characters that change on their way through a page, a clipboard and a terminal. */
const fragile = /[\u0000-\u0009\u000b-\u001f\u007f]/

/** What `printf %b` prints as the text. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/[\u0000-\u001f\u007f]/g, (character) =>
    character === "\n"
      ? "\\n"
      : character === "\r"
      ? "\\r"
      : `\\0${character.charCodeAt(0).toString(8).padStart(3, "0")}`)

/** The words that give a body, and the command that writes it, where it is too fragile for a word. */
const bodyOf = ({ body, headers }: Exchange["request"]): {
  readonly words: ReadonlyArray<string>
  readonly before: string
} => {
  if (body === null) return { words: [], before: "" }
  const type = Object.keys(headers).includes("content-type") ? [] : ["-H content-type:"]
  if (body.text === null || body.truncated) return { words: [...type, "--data-binary @body"], before: "" }
  return fragile.test(body.text)
    ? {
      words: [...type, "--data-binary @-"],
      before: `printf %b ${withVariable(escaped(body.text), "OPENAI_API_KEY")} | `
    }
    : { words: [...type, `--data-raw ${withVariable(body.text, "OPENAI_API_KEY")}`], before: "" }
}

/** Why a command does not repeat its request as it stands. */
export const caveat = ({ body, url }: Exchange["request"]): string | undefined => {
  const caveats = [
    ...isNowhere(url) ? ["The target ran within the suite: set OPENAI_BASE_URL to one that listens."] : [],
    ...body !== null && (body.text === null || body.truncated)
      ? [`The body${body.bytes === null ? "" : ` of ${body.bytes} bytes`} is not kept here: write it to a file body.`]
      : []
  ]
  return caveats.length === 0 ? undefined : caveats.join(" ")
}

const options = ({ method, path }: Exchange["request"]): ReadonlyArray<string> => [
  "-isS",
  // Nothing in a URL is a pattern, and no dot segment is resolved.
  ...[..."[]{}"].some((bracket) => path.includes(bracket)) ? ["--globoff"] : [],
  ...path.split(/[/?]|%2f/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment)) ? ["--path-as-is"] : [],
  ...method === "GET" ? [] : [`-X ${quoted(method)}`]
]

/** A command that sends a request once more, with variables in the place of secrets. */
export const command = (request: Exchange["request"]): string => {
  const { before, words } = bodyOf(request)
  return [
    [`${before}curl`, ...options(request), location(request)].join(" "),
    ...Object.entries(request.headers).filter(([name]) => !own.has(name)).map(header),
    ...words
  ].join(" \\\n  ")
}
