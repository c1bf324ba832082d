import { identity } from "effect/Function"
import * as ParseResult from "effect/ParseResult"
import type { Redact } from "../secrets.js"

const maxShown = 200

/** Cuts a text for an error's message. */
export const shorten = (text: string) => text.length > maxShown ? `${text.slice(0, maxShown)}…` : text

/** Writes `["tools", 3, "type"]` as `tools[3].type`. */
const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

interface Described {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** Returns the deepest issue, in the words of `ParseResult.ArrayFormatter`. */
const deepest = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): Described => {
  if (issue._tag === "Pointer") return deepest(issue.issue, path.concat(issue.path))
  if (issue._tag === "Forbidden") return { path, message: issue.message ?? "is forbidden" }
  const message = ParseResult.TreeFormatter.formatIssueSync(issue)
  const inner = ["issues" in issue ? issue.issues : "issue" in issue ? issue.issue : []].flat()
  // An issue with its own message is one line, and hides the issues within.
  return inner.length > 0 && message.includes("\n")
    ? inner.map((issue) => deepest(issue, path)).reduce((one, other) =>
      other.path.length > one.path.length ? other : one
    )
    : { path, message }
}

/** Returns the path of the invalid field and what is wrong with it. */
export const describeIssue = (
  error: ParseResult.ParseIssue,
  redact: Redact = identity
): { readonly field: string; readonly message: string } => {
  // The deepest issue of a union is that of the member that was meant.
  const { message, path } = deepest(error, [])
  return { field: redact(formatPath(path), true), message: shorten(redact(message)) }
}
