import * as Endpoint from "@effect-openai/core/Endpoint"
import * as Call from "../../Call.js"
import type { Exchange } from "../../Exchange.js"

/** A text as one shell word. */
const quoted = (text: string): string => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** A text as shell words, with a variable for each secret. */
const withVariable = (text: string, variable: string): string =>
  text.split("<redacted>").map((part) => part === "" ? "" : quoted(part)).join(`"$${variable}"`) || "''"

/** The variables of redacted headers. */
const variables: Record<string, string> = {
  "openai-organization": "OPENAI_ORG_ID",
  "openai-project": "OPENAI_PROJECT_ID"
}

/** Headers that curl sets. */
const own = new Set(["content-length", "host", "connection", "transfer-encoding", "cookie"])

/** The variable that holds the key of a request. */
const keyOf = ({ method, path }: Exchange["request"]): string => {
  const found = Call.endpointOf({ method, path: path.replace(/[?#].*$/, "") })
  const isAdmin = found !== undefined && Endpoint.families[found.endpoint.family].credential === "adminKey"
  return isAdmin ? "OPENAI_ADMIN_KEY" : "OPENAI_API_KEY"
}

const header = (key: string) => ([name, value]: readonly [string, string]): string =>
  // curl leaves out a header without a value, unless it ends in a semicolon.
  `-H ${withVariable(value === "" ? `${name};` : `${name}: ${value}`, variables[name] ?? key)}`

/** Whether the target ran in this process. */
const isNowhere = (url: string): boolean => URL.canParse(url) && new URL(url).hostname.endsWith(".invalid")

const location = ({ path, url }: Exchange["request"]): string =>
  isNowhere(url) ? `"$OPENAI_BASE_URL"${withVariable(path, "OPENAI_API_KEY")}` : withVariable(url, "OPENAI_API_KEY")

/** Characters that pages, clipboards or terminals change. */
const fragile = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffe\uffff]/

/** The escapes of a text for `printf %b`. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, (character) =>
    character === "\n"
      ? "\\n"
      : character === "\r"
      ? "\\r"
      : Array.from(Buffer.from(character), (byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join(""))

/** A command that prints a text. */
const printing = (text: string): string =>
  fragile.test(text)
    ? `printf %b ${withVariable(escaped(text), "OPENAI_API_KEY")}`
    : `printf %s ${withVariable(text, "OPENAI_API_KEY")}`

/**
 * The parts of a command that send a body: its words, the command that writes its standard input, and a header to omit.
 */
interface Given {
  readonly words: ReadonlyArray<string>
  readonly input?: string
  readonly without?: string
}

/** A form part that curl can send. */
const sayable =
  /^\r\ncontent-disposition: form-data; name="([\w.-]+(?:\[\])?)"(?:; filename="([^"\\\r\n]+)")?(?:\r\ncontent-type: ([\w.+/-]+))?\r\n\r\n(.*)\r\n$/is

/** The options that send a form. undefined if curl can't send it. A file is read from standard input. */
const formOf = (text: string, contentType = ""): Given | undefined => {
  const [, boundary] = /^multipart\/form-data;.*?boundary="?([^";]+)/i.exec(contentType) ?? []
  const [before, ...parts] = boundary === undefined ? [] : text.split(`--${boundary}`)
  if (before !== "" || !/^--(?:\r\n)*$/.test(parts.pop() ?? "")) return undefined
  const words: Array<string> = []
  let input: string | undefined
  for (const part of parts) {
    const [, name, filename, type, content = ""] = sayable.exec(part) ?? []
    if (name === undefined) return undefined
    if (filename === undefined) {
      if (type !== undefined || fragile.test(content)) return undefined
      // Other characters are special for -F.
      const isPlain = /^[\w./:-]+$/.test(content)
      words.push(`${isPlain ? "-F" : "--form-string"} ${withVariable(`${name}=${content}`, "OPENAI_API_KEY")}`)
    } else {
      if (input !== undefined) return undefined
      input = printing(content)
      words.push(`-F ${quoted(`${name}=@-;filename="${filename}"${type === undefined ? "" : `;type=${type}`}`)}`)
    }
  }
  return { words, without: "content-type", ...input !== undefined && { input } }
}

const bodyOf = ({ body, headers }: Exchange["request"]): Given => {
  if (body === null) return { words: [] }
  const type = headers["content-type"]
  const untyped = type === undefined ? ["-H content-type:"] : []
  if (body.text === null || body.truncated) return { words: [...untyped, "--data-binary @body"] }
  return formOf(body.text, type) ?? (fragile.test(body.text)
    ? { words: [...untyped, "--data-binary @-"], input: printing(body.text) }
    : { words: [...untyped, `--data-raw ${withVariable(body.text, "OPENAI_API_KEY")}`] })
}

/** Why a command can't repeat its request as it is. */
export const caveat = ({ body, url }: Exchange["request"]): string | undefined => {
  const caveats = [
    ...isNowhere(url) ? ["The target ran in the process of the suite. Set OPENAI_BASE_URL to a running server."] : [],
    ...body !== null && (body.text === null || body.truncated)
      ? [
        `The body${
          body.bytes === null ? "" : ` of ${body.bytes} bytes`
        } is not in the report. Write it to the file body.`
      ]
      : []
  ]
  return caveats.length === 0 ? undefined : caveats.join(" ")
}

const options = ({ method, path }: Exchange["request"]): ReadonlyArray<string> => [
  "-isS",
  // Prevents URL patterns and resolved dot segments.
  ...[..."[]{}"].some((bracket) => path.includes(bracket)) ? ["--globoff"] : [],
  ...path.split(/[/?]|%2f/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment)) ? ["--path-as-is"] : [],
  ...method === "GET" ? [] : [`-X ${quoted(method)}`]
]

/** The command that repeats a request, with variables for secrets. */
export const command = (request: Exchange["request"]): string => {
  const { input, without, words } = bodyOf(request)
  return [
    [`${input === undefined ? "" : `${input} | `}curl`, ...options(request), location(request)].join(" "),
    ...Object.entries(request.headers).filter(([name]) => !own.has(name) && name !== without).map(
      header(keyOf(request))
    ),
    ...words
  ].join(" \\\n  ")
}
