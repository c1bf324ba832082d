import { identity } from "effect/Function"
import * as ParseResult from "effect/ParseResult"

const maxShown = 200

/** Keeps what servers and callers sent from filling an error's message. */
export const shorten = (text: string) => text.length > maxShown ? `${text.slice(0, maxShown)}…` : text

/** `["tools", 3, "type"]` as `tools[3].type`. */
const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

interface Described {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** What `ParseResult.ArrayFormatter` says of an issue, but of all that only what lies deepest. */
const deepest = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): Described => {
  if (issue._tag === "Pointer") return deepest(issue.issue, path.concat(issue.path))
  if (issue._tag === "Forbidden") return { path, message: issue.message ?? "is forbidden" }
  const message = ParseResult.TreeFormatter.formatIssueSync(issue)
  const inner = ["issues" in issue ? issue.issues : "issue" in issue ? issue.issue : []].flat()
  // What has a message of its own is no tree, and speaks for what is within.
  return inner.length > 0 && message.includes("\n")
    ? inner.map((issue) => deepest(issue, path)).reduce((one, other) =>
      other.path.length > one.path.length ? other : one
    )
    : { path, message }
}

/** What a failed validation is about: the field, and what is wrong with it. */
export const describeIssue = (
  error: ParseResult.ParseIssue,
  redact: (text: string) => string = identity
): { readonly field: string; readonly message: string } => {
  // Of a union's issues the deepest speaks of the member that was meant.
  const { message, path } = deepest(error, [])
  return { field: redact(formatPath(path)), message: shorten(redact(message)) }
}
