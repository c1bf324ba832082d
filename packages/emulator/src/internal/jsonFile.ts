import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

// Files of JSON that a user names. What is wrong with one is reported with its place and the reason.

export class JsonFileError extends Data.TaggedError("JsonFileError")<{
  /** The field, such as `rules[0].fault`. Empty where it is not about a field. */
  readonly field: string
  readonly message: string
}> {}

const reasons: Readonly<Record<string, string>> = {
  BadResource: "it is not a file",
  NotFound: "there is no such file",
  PermissionDenied: "this user may not read it"
}

const reasonOf = (error: PlatformError): string =>
  (error._tag === "SystemError" ? reasons[error.reason] : undefined) ?? error.message

type Expected = "a value" | "a value or ]" | "a name" | "a name or }" | ":" | ", or ]" | ", or }" | "the end"

const token =
  /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y

/** Where a text stops being JSON: `JSON.parse` does not always say it. */
const findSyntaxError = (text: string): { readonly at: number; readonly expected: Expected } | undefined => {
  const open: Array<"{" | "["> = []
  let expected: Expected = "a value"
  let at = 0
  const afterValue = (): Expected => open.length === 0 ? "the end" : open.at(-1) === "{" ? ", or }" : ", or ]"
  for (;;) {
    token.lastIndex = at
    const found = token.exec(text)
    const [matched, sign, string] = found ?? []
    const place = { at: at + /^\s*/.exec(text.slice(at))![0].length, expected }
    if (matched === undefined) return place.at === text.length && expected === "the end" ? undefined : place
    const isValue = expected === "a value" || expected === "a value or ]"
    const isName = expected === "a name" || expected === "a name or }"
    if (sign === undefined) {
      if (isName && string !== undefined) expected = ":"
      else if (isValue) expected = afterValue()
      else return place
    } else if (isValue && (sign === "{" || sign === "[")) {
      open.push(sign)
      expected = sign === "{" ? "a name or }" : "a value or ]"
    } else if (sign === ":" && expected === ":") expected = "a value"
    else if (sign === "," && expected === ", or }") expected = "a name"
    else if (sign === "," && expected === ", or ]") expected = "a value"
    else if (
      (sign === "}" && (expected === ", or }" || expected === "a name or }")) ||
      (sign === "]" && (expected === ", or ]" || expected === "a value or ]"))
    ) {
      open.pop()
      expected = afterValue()
    } else return place
    at += matched.length
  }
}

const syntaxErrorOf = (text: string): string => {
  const { at, expected } = findSyntaxError(text) ?? { at: text.length, expected: "a value" }
  const lines = text.slice(0, at).split(/\r\n|\r|\n/)
  const found = at === text.length ? "the end of the file" : JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1} is not valid JSON: ${expected} is expected, ` +
    `${found} is there`
}

const fieldOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (field, key) =>
      typeof key === "number" ? `${field}[${key}]` : field === "" ? String(key) : `${field}.${String(key)}`,
    ""
  )

/**
 * Reads a file and decodes its JSON. `shape` shows what the file consists of; it is part of the message where the root of
 * the file has another shape.
 */
export const read = <A, I>(
  path: string,
  schema: Schema.Schema<A, I>,
  shape: string
): Effect.Effect<A, JsonFileError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fail = (reason: string, field = "") => new JsonFileError({ field, message: `${path}: ${reason}` })
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.mapBoth(fs.readFileString(path), {
      onFailure: (error) => fail(reasonOf(error)),
      onSuccess: (text) => text.replace(/^\ufeff/, "")
    })
    const json = yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: () => fail(syntaxErrorOf(text))
    })
    return yield* Effect.mapError(
      ParseResult.decodeUnknown(schema, { onExcessProperty: "error" })(json),
      (issue) => {
        const issues = ParseResult.ArrayFormatter.formatIssueSync(issue)
        const { _tag, message, path } = issues[0]!
        const field = fieldOf(path)
        const alternatives = issues.filter((other) => other._tag === "Type" && fieldOf(other.path) === field).length
        // A choice of many has an issue for each of them.
        const reason = alternatives > 10
          ? message.replace("Expected", `Expected one of ${alternatives} values such as`)
          : message
        return path.length === 0 || (path.length === 1 && _tag !== "Type")
          ? fail(`the file must be ${shape}${field === "" ? "" : `. ${field} ${reason}`}`, field)
          : fail(`${field}: ${reason}`, field)
      }
    )
  })
